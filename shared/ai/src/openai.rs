//! An OpenAI-compatible chat-completions endpoint, sans I/O: a prompt becomes a request,
//! a response becomes an answer. Who sends the bytes is not known here.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ModelError;
use crate::prompt::{Answer, Prompt, Usage};

/// Appended to the configured base URL (`https://host/v1`).
pub const PATH: &str = "/chat/completions";

/// The field that carries the output limit; newer models refuse the older name and many
/// compatible servers know only that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenField {
    #[default]
    MaxTokens,
    MaxCompletionTokens,
}

/// The JSON body to POST to `PATH`.
pub fn request(model: &str, prompt: &Prompt, tokens: TokenField) -> Value {
    let mut body = json!({
        "model": model,
        "temperature": 0,
        "messages": [
            { "role": "system", "content": prompt.system },
            { "role": "user", "content": prompt.user },
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": prompt.schema_name,
                "strict": true,
                "schema": prompt.schema,
            },
        },
    });
    let field = match tokens {
        TokenField::MaxTokens => "max_tokens",
        TokenField::MaxCompletionTokens => "max_completion_tokens",
    };
    body[field] = json!(prompt.max_output_tokens);
    body
}

/// Reads the body of a successful (2xx) response.
pub fn parse(body: &[u8]) -> Result<Answer, ModelError> {
    let response: Response =
        serde_json::from_slice(body).map_err(|_| ModelError::BadResponse("body"))?;
    let usage = response.usage.unwrap_or_default();
    let choice = response
        .choices
        .into_iter()
        .next()
        .ok_or(ModelError::NoAnswer)?;
    match choice.finish_reason.as_deref() {
        Some("length") => return Err(ModelError::CutOff),
        Some("content_filter") => return Err(ModelError::Refused),
        _ => {}
    }
    if choice.message.refusal.is_some_and(|text| !text.is_empty()) {
        return Err(ModelError::Refused);
    }
    let json = choice.message.content.unwrap_or_default();
    if json.trim().is_empty() {
        return Err(ModelError::NoAnswer);
    }
    Ok(Answer {
        json,
        usage: Usage {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
        },
    })
}

// Compatible servers add fields of their own, so unknown ones are let through here.

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize, Default)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Result<(&str, u64), ModelError>) {
        let found = parse(body.as_bytes());
        let found = found
            .as_ref()
            .map(|a| (a.json.as_str(), a.usage.input_tokens));
        assert_eq!(found.map_err(Clone::clone), expected, "{body}");
    }

    #[test]
    fn responses() {
        check(
            r#"{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"{}","refusal":null},
                "finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}}"#,
            Ok(("{}", 7)),
        );
        check(
            r#"{"choices":[{"message":{"content":"{}"}}]}"#,
            Ok(("{}", 0)),
        );
        check(
            r#"{"choices":[{"message":{"content":null,"refusal":"I cannot"},"finish_reason":"stop"}]}"#,
            Err(ModelError::Refused),
        );
        check(
            r#"{"choices":[{"message":{"content":"{\"a"},"finish_reason":"length"}]}"#,
            Err(ModelError::CutOff),
        );
        check(
            r#"{"choices":[{"message":{"content":" "}}]}"#,
            Err(ModelError::NoAnswer),
        );
        check(r#"{"choices":[]}"#, Err(ModelError::NoAnswer));
        check("<html>", Err(ModelError::BadResponse("body")));
    }

    #[test]
    fn requests_hold_the_schema_strictly() {
        let prompt = Prompt {
            system: "s".to_owned(),
            user: "u".to_owned(),
            schema_name: "answer",
            schema: json!({"type": "object"}),
            max_output_tokens: 9,
        };
        let body = request("m", &prompt, TokenField::MaxCompletionTokens);
        assert_eq!(body["max_completion_tokens"], 9);
        assert_eq!(body["max_tokens"], Value::Null);
        assert_eq!(body["response_format"]["json_schema"]["strict"], true);
        assert_eq!(body["messages"][1]["content"], "u");
    }
}
