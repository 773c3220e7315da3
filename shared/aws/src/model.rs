//! A model of Bedrock, made to answer through one tool whose input is the wanted document.

use std::collections::HashMap;
use std::time::Duration;

use ai::bedrock::{StopReason, answer, tool};
use ai::{Answer, ModelError, Prompt, Usage};
use app::ports::{Model, ModelFailure};
use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_bedrockruntime::operation::converse::{ConverseError, ConverseOutput};
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, InferenceConfiguration, Message, SpecificToolChoice,
    SystemContentBlock, Tool, ToolChoice, ToolConfiguration, ToolInputSchema, ToolSpecification,
};
use aws_smithy_types::error::operation::BuildError;
use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// One model, asked with Converse.
#[derive(Debug, Clone)]
pub struct BedrockModel {
    client: Client,
    model: String,
    patience: Duration,
}

impl BedrockModel {
    pub(crate) fn new(client: Client, model: &str, patience: Duration) -> Self {
        Self {
            client,
            model: model.to_owned(),
            patience,
        }
    }

    async fn converse(&self, prompt: &Prompt) -> Result<ConverseOutput, ModelFailure> {
        let incomplete = |_| ModelFailure::Failed("the request is incomplete".to_owned());
        let user = Message::builder()
            .role(ConversationRole::User)
            .content(ContentBlock::Text(prompt.user.clone()));
        let max_tokens = i32::try_from(prompt.max_output_tokens).unwrap_or(i32::MAX);
        let request = self
            .client
            .converse()
            .model_id(&self.model)
            .system(SystemContentBlock::Text(prompt.system.clone()))
            .messages(user.build().map_err(incomplete)?)
            .tool_config(forced_tool(prompt).map_err(incomplete)?)
            .inference_config(
                InferenceConfiguration::builder()
                    .temperature(0.0)
                    .max_tokens(max_tokens)
                    .build(),
            );
        match tokio::time::timeout(self.patience, request.send()).await {
            Ok(sent) => sent.map_err(|error| failure(&error)),
            Err(_) => Err(ModelFailure::Late),
        }
    }
}

#[async_trait]
impl Model for BedrockModel {
    async fn ask(&self, prompt: &Prompt) -> Result<Answer, ModelFailure> {
        let output = Box::pin(self.converse(prompt)).await?;
        let usage = output
            .usage
            .as_ref()
            .map_or(Usage::default(), |usage| Usage {
                input_tokens: u64::try_from(usage.input_tokens).unwrap_or(0),
                output_tokens: u64::try_from(usage.output_tokens).unwrap_or(0),
            });
        let stop = StopReason::parse(output.stop_reason.as_str());
        let blocks = output
            .output
            .as_ref()
            .and_then(|output| output.as_message().ok())
            .map(|message| message.content())
            .unwrap_or_default();
        let used = blocks.iter().find_map(|block| block.as_tool_use().ok());
        let used = used.map(|used| (used.name(), value(used.input())));
        answer(prompt, stop, used, usage).map_err(|error| match error {
            ModelError::Refused => ModelFailure::Refused,
            other => ModelFailure::Failed(other.to_string()),
        })
    }
}

fn forced_tool(prompt: &Prompt) -> Result<ToolConfiguration, BuildError> {
    let tool = tool(prompt);
    let specification = ToolSpecification::builder()
        .name(tool.name)
        .description(tool.description)
        .input_schema(ToolInputSchema::Json(document(&tool.input_schema)))
        .build()?;
    ToolConfiguration::builder()
        .tools(Tool::ToolSpec(specification))
        .tool_choice(ToolChoice::Tool(
            SpecificToolChoice::builder().name(tool.name).build()?,
        ))
        .build()
}

fn failure<R>(error: &SdkError<ConverseError, R>) -> ModelFailure {
    match error {
        SdkError::TimeoutError(_) => ModelFailure::Late,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => ModelFailure::Late,
        SdkError::ServiceError(context) => match context.err() {
            ConverseError::ModelTimeoutException(_) => ModelFailure::Late,
            other => ModelFailure::Failed(other.code().unwrap_or("unknown error").to_owned()),
        },
        SdkError::DispatchFailure(_) => ModelFailure::Failed("no connection".to_owned()),
        _ => ModelFailure::Failed("unreadable answer".to_owned()),
    }
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(positive), _) => Number::PosInt(positive),
            (None, Some(negative)) => Number::NegInt(negative),
            (None, None) => Number::Float(number.as_f64().unwrap_or(0.0)),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(values) => Document::Array(values.iter().map(document).collect()),
        Value::Object(fields) => Document::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), document(value)))
                .collect::<HashMap<_, _>>(),
        ),
    }
}

fn value(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(*value),
        Document::Number(Number::PosInt(number)) => Value::from(*number),
        Document::Number(Number::NegInt(number)) => Value::from(*number),
        Document::Number(Number::Float(number)) => Value::from(*number),
        Document::String(text) => Value::String(text.clone()),
        Document::Array(values) => Value::Array(values.iter().map(value).collect()),
        Document::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, document)| (name.clone(), value(document)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{self, Canned, Recorder};

    fn prompt() -> Prompt {
        Prompt {
            system: "Judge.".to_owned(),
            user: "The conversation".to_owned(),
            schema_name: "verdict",
            schema: json!({"type": "object", "properties": {"applies": {"type": "boolean"}}, "minProperties": 1}),
            max_output_tokens: 300,
        }
    }

    fn model(answers: Vec<Canned>) -> (BedrockModel, Recorder) {
        let recorder = Recorder::new(answers);
        let client = Client::from_conf(testing::config!(aws_sdk_bedrockruntime, recorder));
        (
            BedrockModel::new(client, "some.model-v1:0", Duration::from_secs(5)),
            recorder,
        )
    }

    fn used(stop: &str, content: Value) -> Canned {
        testing::answer(
            200,
            json!({
                "output": {"message": {"role": "assistant", "content": content}},
                "stopReason": stop,
                "usage": {"inputTokens": 210, "outputTokens": 15, "totalTokens": 225},
                "metrics": {"latencyMs": 1},
            }),
        )
    }

    #[tokio::test]
    async fn the_model_is_forced_to_answer_through_the_schema() {
        let input = json!({"applies": true, "score": -1, "weights": [0.5, null, "x"]});
        let tool_use = json!([{"toolUse": {"toolUseId": "1", "name": "verdict", "input": input}}]);
        let (model, recorder) = model(vec![used("tool_use", tool_use)]);
        let answer = model.ask(&prompt()).await.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&answer.json).unwrap(), input);
        assert_eq!(
            answer.usage,
            Usage {
                input_tokens: 210,
                output_tokens: 15
            }
        );

        let calls = recorder.calls();
        assert_eq!(calls[0].operation, "POST /model/some.model-v1%3A0/converse");
        assert_eq!(
            calls[0].body["toolConfig"]["toolChoice"],
            json!({"tool": {"name": "verdict"}})
        );
        let specification = &calls[0].body["toolConfig"]["tools"][0]["toolSpec"];
        assert_eq!(specification["inputSchema"]["json"], prompt().schema);
        assert_eq!(calls[0].body["inferenceConfig"]["maxTokens"], 300);
        assert_eq!(
            calls[0].body["messages"][0]["content"][0]["text"],
            "The conversation"
        );
    }

    #[tokio::test]
    async fn every_way_not_to_answer_is_a_failure_the_caller_can_name() {
        let error =
            |code: &str, status| testing::answer(status, json!({"__type": code, "message": "x"}));
        let text = json!([{"text": "I would rather chat"}]);
        for (canned, expected) in [
            (
                used("guardrail_intervened", json!([])),
                Some(ModelFailure::Refused),
            ),
            (used("end_turn", text.clone()), None),
            (used("max_tokens", text), None),
            (
                error("ModelTimeoutException", 408),
                Some(ModelFailure::Late),
            ),
            (
                error("ThrottlingException", 429),
                Some(ModelFailure::Failed("ThrottlingException".to_owned())),
            ),
        ] {
            let (model, _) = model(vec![canned]);
            let failure = model.ask(&prompt()).await.unwrap_err();
            match expected {
                Some(expected) => assert_eq!(failure, expected),
                None => assert!(matches!(failure, ModelFailure::Failed(_)), "{failure:?}"),
            }
        }
    }
}
