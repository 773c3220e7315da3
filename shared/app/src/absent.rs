//! The ports of a function that has none: asking them is a mistake in our wiring.

use std::time::Duration;

use async_trait::async_trait;
use channels::email::outbound::SendEmail;
use channels::{HttpRequest, Outcome, TransportError};
use domain::ids::{ConversationId, WorkspaceId};
use secrecy::SecretString;

use crate::ports::{
    ArmedPage, Http, HttpResponse, Mailer, Part, PortError, Queues, Secrets, Timer, Timers,
};
use crate::tasks::{DueTask, EventTask};

#[derive(Debug)]
pub(crate) struct Absent;

fn absent(service: &'static str) -> PortError {
    PortError {
        service,
        message: "this function was built without it".to_owned(),
        source: None,
    }
}

#[async_trait]
impl Queues for Absent {
    async fn send_events(&self, _tasks: &[EventTask]) -> Result<(), PortError> {
        Err(absent("queues"))
    }

    async fn send_due(&self, _task: &DueTask, _delay: Duration) -> Result<(), PortError> {
        Err(absent("queues"))
    }
}

#[async_trait]
impl Timers for Absent {
    async fn arm(&self, _timer: &Timer) -> Result<(), PortError> {
        Err(absent("timers"))
    }

    async fn armed(&self, _part: Part, _page: Option<String>) -> Result<ArmedPage, PortError> {
        Err(absent("timers"))
    }

    async fn disarm(
        &self,
        _ws: WorkspaceId,
        _conversation: ConversationId,
    ) -> Result<(), PortError> {
        Err(absent("timers"))
    }
}

#[async_trait]
impl Http for Absent {
    async fn send(&self, _request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        Err(TransportError::NotSent(
            "this function was built without HTTP".to_owned(),
        ))
    }
}

#[async_trait]
impl Mailer for Absent {
    async fn send(&self, _email: &SendEmail) -> Outcome {
        TransportError::NotSent("this function was built without e-mail".to_owned()).into()
    }
}

#[async_trait]
impl Secrets for Absent {
    async fn get(&self, _name: &str) -> Result<Option<SecretString>, PortError> {
        Err(absent("secrets"))
    }

    async fn put(&self, _name: &str, _value: &SecretString) -> Result<(), PortError> {
        Err(absent("secrets"))
    }

    async fn delete(&self, _name: &str) -> Result<(), PortError> {
        Err(absent("secrets"))
    }
}
