//! Calls of a number: passed on, and where nobody answers the caller can leave a message (MO-21).
//!
//! One address hears everything about a call, and what it is told says what comes next.

use app::tasks::EventTask;
use app::{App, AppError};
use axum::response::Response;
use channels::OutboundError;
use channels::twilio::twiml::{self, Forward, Voicemail};
use channels::twilio::voice::{self, CallStatus, VoiceKind};
use domain::channel::PhoneNumber;
use domain::connection::{Connection, VoiceLine};
use domain::settings::Locale;

use crate::answer::{instructions, problem};
use crate::without_excess;

/// Says what to do next, and puts on the queue what the conversation is to hear. `url` is the address
/// that was called.
pub(crate) async fn answer(
    app: &App,
    connection: &Connection,
    url: Option<&str>,
    body: &[u8],
) -> Response {
    let event = voice::parse(body, app.now());
    let id = connection.id;
    let line = connection.voice.as_ref();
    let declined = line.is_none() && event.kind == VoiceKind::Incoming;
    if declined {
        tracing::info!(connection.id = %id, "a call was declined: the connection has no `voice`");
        return instructions(twiml::reject());
    }
    let kind = event.kind.clone();
    let forwards = line.is_some_and(|line| line.forward_to.is_some());
    let is_last = matches!(
        event.kind,
        VoiceKind::Voicemail { .. } | VoiceKind::Status { .. }
    );
    if let Some(event) = event.into_inbound(forwards) {
        let task = EventTask::InboundV1 {
            workspace: connection.workspace,
            connection: id,
            event: without_excess(event),
        };
        if let Err(error) = app.queues.send_events(&[task]).await {
            tracing::error!(connection.id = %id, error = %error, "a call could not be queued");
            // The caller is on the line. That the call was missed is told again when it is over.
            if is_last {
                return problem(503, "queue_unavailable", "The call could not be queued.");
            }
        }
    }
    match instruct(app, connection, url, &kind).await {
        Ok(document) => instructions(document),
        Err(error) => {
            tracing::error!(connection.id = %id, error = %error, "a call could not be answered");
            problem(503, "unavailable", "Try again in a moment.")
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("the address of this installation is not known: PUBLIC_URL is not set")]
    NoAddress,
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Wrong(#[from] OutboundError),
}

async fn instruct(
    app: &App,
    connection: &Connection,
    url: Option<&str>,
    kind: &VoiceKind,
) -> Result<String, Unanswered> {
    // What comes next is asked for at the same address.
    let url = url.and_then(|url| url.split('?').next());
    let action = || url.ok_or(Unanswered::NoAddress);
    let line = connection.voice.as_ref();
    if let (VoiceKind::Incoming, Some((line, to))) = (kind, line.and_then(forwarded)) {
        return Ok(twiml::forward(&Forward {
            to,
            ring_seconds: line.ring_seconds,
            action: action()?,
        })?);
    }
    let result = match kind {
        VoiceKind::Status { .. } | VoiceKind::Unknown { .. } => return Ok(twiml::nothing()),
        VoiceKind::NoVoicemail => return Ok(twiml::hang_up()),
        VoiceKind::Voicemail { .. } => None,
        // Nobody is there to pass it on to.
        VoiceKind::Incoming => Some(CallStatus::NoAnswer),
        VoiceKind::Forwarded { result, .. } => Some(*result),
    };
    let settings = app
        .store
        .settings(connection.workspace)
        .await
        .map_err(AppError::from)?;
    let locale = settings
        .as_ref()
        .map_or(Locale::En, |settings| settings.locale);
    let Some(result) = result else {
        return Ok(twiml::thanks(locale)?);
    };
    let mailbox = Voicemail {
        locale,
        greeting: line.and_then(|line| line.greeting.as_deref()),
        business_name: settings.as_ref().map_or("", |known| &known.business_name),
        action: action()?,
        recording_callback: action()?,
    };
    Ok(twiml::after_forward(result, &mailbox)?)
}

fn forwarded(line: &VoiceLine) -> Option<(&VoiceLine, &PhoneNumber)> {
    line.forward_to.as_ref().map(|to| (line, to))
}
