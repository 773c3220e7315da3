//! E-mail over the way out of all other messages: into the outbox, and to a stand-in of SES.

use std::sync::Arc;

use app::ports::{Http, Mailer};
use async_trait::async_trait;
use channels::email::outbound::{SendEmail, request};
use channels::email::outcome::read;
use channels::outcome::{Outcome, Response};

/// Where the stand-in answers, unless the configuration names another place.
const BASE_URL: &str = "https://email.eu-central-1.amazonaws.com";

/// The API of SES v2 as plain requests: nothing is signed, so SES itself refuses them.
pub struct SesOverHttp {
    http: Arc<dyn Http>,
    base_url: String,
}

impl SesOverHttp {
    /// Over this way out, to this address.
    #[must_use]
    pub fn new(http: Arc<dyn Http>, base_url: Option<&str>) -> Self {
        let base_url = base_url.unwrap_or(BASE_URL).to_owned();
        Self { http, base_url }
    }
}

#[async_trait]
impl Mailer for SesOverHttp {
    async fn send(&self, email: &SendEmail) -> Outcome {
        match self.http.send(&request(&self.base_url, email)).await {
            Err(error) => error.into(),
            Ok(answer) => read(&Response {
                status: answer.status,
                retry_after: answer.retry_after.as_deref(),
                body: &answer.body,
            }),
        }
    }
}
