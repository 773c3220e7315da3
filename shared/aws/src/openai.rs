//! A model behind an OpenAI-compatible endpoint, over the [`Http`] port. Needs nothing of AWS.

use std::sync::Arc;
use std::time::Duration;

use ai::openai::{self, TokenField};
use ai::{Answer, ModelError, Prompt};
use app::ports::{Http, Model, ModelFailure};
use async_trait::async_trait;
use channels::{HttpRequest, Method, TransportError};
use secrecy::{ExposeSecret as _, SecretString};

/// One model of one provider.
pub struct HttpsModel {
    http: Arc<dyn Http>,
    url: String,
    key: Option<SecretString>,
    model: String,
    tokens: TokenField,
    patience: Duration,
}

impl HttpsModel {
    /// `base` ends before `/chat/completions`, for example `https://api.openai.com/v1`. A model
    /// on one's own machine may need no key.
    #[must_use]
    pub fn new(http: Arc<dyn Http>, base: &str, key: Option<SecretString>, model: &str) -> Self {
        let url = format!("{}{}", base.trim_end_matches('/'), openai::PATH);
        Self {
            http,
            url,
            key,
            model: model.to_owned(),
            tokens: TokenField::default(),
            patience: Duration::from_secs(10),
        }
    }

    /// The field for the output limit; newer models refuse the older name.
    #[must_use]
    pub fn with_token_field(self, tokens: TokenField) -> Self {
        Self { tokens, ..self }
    }

    /// How long an answer may take.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn request(&self, prompt: &Prompt) -> HttpRequest {
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        if let Some(key) = &self.key {
            headers.push((
                "authorization".to_owned(),
                format!("Bearer {}", key.expose_secret()),
            ));
        }
        let body = openai::request(&self.model, prompt, self.tokens);
        HttpRequest {
            method: Method::Post,
            url: self.url.clone(),
            headers,
            body: body.to_string().into_bytes(),
        }
    }
}

#[async_trait]
impl Model for HttpsModel {
    async fn ask(&self, prompt: &Prompt) -> Result<Answer, ModelFailure> {
        let request = self.request(prompt);
        let response = match tokio::time::timeout(self.patience, self.http.send(&request)).await {
            Err(_) => return Err(ModelFailure::Late),
            Ok(Err(TransportError::NotSent(reason) | TransportError::MaybeSent(reason))) => {
                return Err(ModelFailure::Failed(reason));
            }
            Ok(Ok(response)) => response,
        };
        match response.status {
            200..300 => openai::parse(&response.body).map_err(|error| match error {
                ModelError::Refused => ModelFailure::Refused,
                other => ModelFailure::Failed(other.to_string()),
            }),
            408 | 504 => Err(ModelFailure::Late),
            status => Err(ModelFailure::Failed(format!("status {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use app::ports::HttpResponse;
    use serde_json::{Value, json};

    use super::*;

    /// Answers one thing, or nothing at all; keeps the request.
    struct Provider(Option<(u16, Value)>, Mutex<Option<HttpRequest>>);

    #[async_trait]
    impl Http for Provider {
        async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
            *self.1.lock().unwrap() = Some(request.clone());
            match &self.0 {
                Some((status, body)) => Ok(HttpResponse {
                    status: *status,
                    retry_after: None,
                    body: body.to_string().into_bytes(),
                }),
                None => std::future::pending().await,
            }
        }
    }

    async fn ask(answer: Option<(u16, Value)>) -> (Result<Answer, ModelFailure>, HttpRequest) {
        let provider = Arc::new(Provider(answer, Mutex::default()));
        let key = Some(SecretString::from("geheim"));
        let model = HttpsModel::new(provider.clone(), "https://models.example/v1/", key, "small");
        let prompt = Prompt {
            system: "s".to_owned(),
            user: "u".to_owned(),
            schema_name: "verdict",
            schema: json!({"type": "object"}),
            max_output_tokens: 9,
        };
        let answer = model.ask(&prompt).await;
        let request = provider.1.lock().unwrap().clone().unwrap();
        (answer, request)
    }

    #[tokio::test]
    async fn an_answer_is_the_text_and_its_tokens() {
        let body = json!({
            "choices": [{"message": {"content": "{\"applies\":true}"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        });
        let (answer, request) = ask(Some((200, body))).await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.json.as_str(), answer.usage.input_tokens),
            ("{\"applies\":true}", 5)
        );
        assert_eq!(request.url, "https://models.example/v1/chat/completions");
        assert!(
            request
                .headers
                .contains(&("authorization".to_owned(), "Bearer geheim".to_owned()))
        );
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["model"], "small");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_refusal_and_errors_are_told_apart() {
        assert_eq!(ask(None).await.0, Err(ModelFailure::Late));
        assert_eq!(ask(Some((504, json!({})))).await.0, Err(ModelFailure::Late));
        assert_eq!(
            ask(Some((429, json!({})))).await.0,
            Err(ModelFailure::Failed("status 429".to_owned()))
        );
        let refusal = json!({"choices": [{"message": {"refusal": "no"}, "finish_reason": "stop"}]});
        assert_eq!(
            ask(Some((200, refusal))).await.0,
            Err(ModelFailure::Refused)
        );
        assert!(matches!(
            ask(Some((200, json!([])))).await.0,
            Err(ModelFailure::Failed(_))
        ));
    }
}
