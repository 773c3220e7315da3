//! A prompt in the shape of Bedrock's Converse: the model is forced to call one tool
//! whose input is the answer. The call itself is made elsewhere.

use serde_json::Value;

use crate::error::ModelError;
use crate::prompt::{Answer, Prompt, Usage};

/// The one tool the model must use.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    pub input_schema: Value,
}

/// Why a Converse call ended; only the first is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    ToolUse,
    MaxTokens,
    Refused,
    Other,
}

impl StopReason {
    /// Reads the `stopReason` of a response.
    pub fn parse(name: &str) -> StopReason {
        match name {
            "tool_use" => StopReason::ToolUse,
            "max_tokens" | "model_context_window_exceeded" => StopReason::MaxTokens,
            "guardrail_intervened" | "content_filtered" => StopReason::Refused,
            _ => StopReason::Other,
        }
    }
}

pub fn tool(prompt: &Prompt) -> Tool {
    Tool {
        name: prompt.schema_name,
        description: "Hands in the answer.",
        input_schema: prompt.schema.clone(),
    }
}

/// Turns the input the model gave the tool into an answer like any other provider's.
pub fn answer(
    prompt: &Prompt,
    stop: StopReason,
    tool_use: Option<(&str, Value)>,
    usage: Usage,
) -> Result<Answer, ModelError> {
    match stop {
        StopReason::MaxTokens => return Err(ModelError::CutOff),
        StopReason::Refused => return Err(ModelError::Refused),
        StopReason::ToolUse | StopReason::Other => {}
    }
    let (name, input) = tool_use.ok_or(ModelError::NoAnswer)?;
    if name != prompt.schema_name {
        return Err(ModelError::BadResponse("toolUse.name"));
    }
    Ok(Answer {
        json: input.to_string(),
        usage,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_forced_tool_answers() {
        let prompt = Prompt {
            system: String::new(),
            user: String::new(),
            schema_name: "assessment",
            schema: json!({}),
            max_output_tokens: 1,
        };
        let check = |stop, tool_use, expected: Result<&str, ModelError>| {
            let found = answer(&prompt, StopReason::parse(stop), tool_use, Usage::default());
            assert_eq!(found.map(|answer| answer.json), expected.map(str::to_owned));
        };
        check(
            "tool_use",
            Some(("assessment", json!({"a": 1}))),
            Ok(r#"{"a":1}"#),
        );
        check(
            "tool_use",
            Some(("other", json!({}))),
            Err(ModelError::BadResponse("toolUse.name")),
        );
        check("end_turn", None, Err(ModelError::NoAnswer));
        check("max_tokens", None, Err(ModelError::CutOff));
        check("guardrail_intervened", None, Err(ModelError::Refused));
    }
}
