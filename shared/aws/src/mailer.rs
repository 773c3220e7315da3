//! E-mail through SES v2.

use app::ports::Mailer;
use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, AttachmentContentTransferEncoding, Body,
    ConfigurationOverrides, Content, Destination, EmailContent, FeatureStatus, Message,
    MessageHeader, MessageTag, TrackingConfigurationOverrides,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::operation::BuildError;
use channels::email::outbound::{File, SendEmail, Simple, Text};
use channels::email::outcome::{Answer, classify};
use channels::outcome::{Outcome, TransportError};

/// `SendEmail` of the function's own account.
#[derive(Debug, Clone)]
pub struct SesMailer(Client);

impl SesMailer {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, email: &SendEmail) -> Outcome {
        let content = match content(&email.content.simple) {
            Ok(content) => content,
            Err(error) => return not_sent(&error.to_string()),
        };
        let tags = email.email_tags.iter().map(|tag| {
            MessageTag::builder()
                .name(&tag.name)
                .value(&tag.value)
                .build()
        });
        let tags: Vec<_> = match tags.collect() {
            Ok(tags) => tags,
            Err(error) => return not_sent(&error.to_string()),
        };
        let reply_to = Some(email.reply_to_addresses.clone()).filter(|list| !list.is_empty());
        let to =
            Destination::builder().set_to_addresses(Some(email.destination.to_addresses.clone()));
        let sent = self
            .0
            .send_email()
            .from_email_address(&email.from_email_address)
            .destination(to.build())
            .set_reply_to_addresses(reply_to)
            .content(EmailContent::builder().simple(content).build())
            .set_email_tags(Some(tags))
            .set_configuration_set_name(email.configuration_set_name.clone())
            .configuration_overrides(overrides(email))
            .send();
        // What is read and written by it is large, and callers come from deep within.
        match Box::pin(sent).await {
            Ok(answer) => classify(&Answer::Accepted {
                message_id: answer.message_id().unwrap_or_default(),
            }),
            Err(error) => refused(&error),
        }
    }
}

fn content(simple: &Simple) -> Result<Message, BuildError> {
    let body = Body::builder()
        .text(words(&simple.body.text)?)
        .set_html(simple.body.html.as_ref().map(words).transpose()?);
    let headers = simple.headers.iter().map(|header| {
        MessageHeader::builder()
            .name(&header.name)
            .value(&header.value)
            .build()
    });
    let headers: Vec<_> = headers.collect::<Result<_, _>>()?;
    let files: Vec<_> = simple
        .attachments
        .iter()
        .map(file)
        .collect::<Result<_, _>>()?;
    Ok(Message::builder()
        .subject(words(&simple.subject)?)
        .body(body.build())
        .set_headers(Some(headers))
        .set_attachments(Some(files).filter(|files| !files.is_empty()))
        .build())
}

fn words(text: &Text) -> Result<Content, BuildError> {
    Content::builder()
        .data(&text.data)
        .charset(text.charset)
        .build()
}

fn file(file: &File) -> Result<Attachment, BuildError> {
    Attachment::builder()
        .raw_content(Blob::new(file.raw_content.clone()))
        .file_name(&file.file_name)
        .content_type(&file.content_type)
        .content_disposition(AttachmentContentDisposition::from(file.content_disposition))
        .set_content_id(file.content_id.clone())
        .content_transfer_encoding(AttachmentContentTransferEncoding::from(
            file.content_transfer_encoding,
        ))
        .build()
}

fn overrides(email: &SendEmail) -> ConfigurationOverrides {
    let tracking = &email.configuration_overrides.tracking;
    let tracking = TrackingConfigurationOverrides::builder()
        .open_tracking_enabled(FeatureStatus::from(tracking.open_tracking_enabled))
        .click_tracking_enabled(FeatureStatus::from(tracking.click_tracking_enabled));
    ConfigurationOverrides::builder()
        .tracking(tracking.build())
        .build()
}

fn not_sent(why: &str) -> Outcome {
    TransportError::NotSent(why.to_owned()).into()
}

/// Only what SES itself refused, or what never became a request, has certainly not been taken.
fn refused(error: &SdkError<SendEmailError, HttpResponse>) -> Outcome {
    match error {
        SdkError::ServiceError(context) => classify(&Answer::Refused {
            status: context.raw().status().as_u16(),
            code: context.err().code().unwrap_or_default(),
            message: context.err().message().unwrap_or_default(),
        }),
        SdkError::ConstructionFailure(_) => not_sent("the request could not be made"),
        SdkError::TimeoutError(_) => maybe_sent("no answer in time"),
        SdkError::DispatchFailure(_) => maybe_sent("the connection broke off"),
        _ => maybe_sent("the answer could not be read"),
    }
}

fn maybe_sent(why: &str) -> Outcome {
    TransportError::MaybeSent(why.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use channels::email::header::Mailbox;
    use channels::email::outbound::{
        Attachment as Attached, Email, OneClick, Origin, Thread, Tracking, send_email,
    };
    use channels::outcome::FailureReason;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Recorder, answer, config};

    fn mail() -> SendEmail {
        let mailbox = |address: &str| Mailbox::parse(address).unwrap();
        send_email(&Email {
            from: mailbox("hallo@salon.example").named("Salön Mitte").unwrap(),
            to: mailbox("anna@example.org"),
            reply_to: Some(mailbox("antwort@salon.example")),
            subject: "Grüße & mehr".to_owned(),
            text: "Hallo".to_owned(),
            html: Some("<p>Hallo</p>".to_owned()),
            attachments: vec![Attached {
                filename: "Rechnung.pdf".to_owned(),
                content_type: "application/pdf".to_owned(),
                content: vec![0, 255, 128],
                content_id: None,
            }],
            origin: Origin::Automatic,
            unsubscribe: Some(OneClick {
                link: "https://desk.example.org/l/0a".to_owned(),
                mailto: None,
            }),
            thread: Thread::default(),
            tracking: Tracking {
                opens: true,
                clicks: false,
            },
            configuration_set: Some("nachfass-mail".to_owned()),
            correlation: "cnv_1-2-msg_3".to_owned(),
            tags: BTreeMap::from([("connection".to_owned(), "con_1".to_owned())]),
        })
        .unwrap()
    }

    async fn sent(status: u16, body: Value) -> (Outcome, Recorder) {
        let recorder = Recorder::new(vec![answer(status, body)]);
        let client = Client::from_conf(config!(aws_sdk_sesv2, recorder));
        (SesMailer::new(client).send(&mail()).await, recorder)
    }

    /// What the SDK writes is what `channels` says the API takes, field by field.
    #[tokio::test]
    async fn the_sdk_sends_what_was_built() {
        let (outcome, recorder) = sent(200, json!({"MessageId": "0102"})).await;
        assert!(matches!(outcome, Outcome::Accepted { id, .. } if id.reveal() == "0102"));
        let calls = recorder.calls();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].operation, "POST /v2/email/outbound-emails");
        assert_eq!(calls[0].body, serde_json::to_value(mail()).unwrap());
    }

    #[tokio::test]
    async fn refusals_have_their_classes_and_nothing_is_tried_twice() {
        let refused = async |status, code: &str, message: &str| {
            let body = json!({"__type": code, "message": message});
            let (outcome, recorder) = sent(status, body).await;
            assert_eq!(recorder.calls().len(), 1, "{code}");
            outcome
        };
        let slow = refused(
            429,
            "TooManyRequestsException",
            "Maximum sending rate exceeded",
        )
        .await;
        assert!(slow.holds_connection(1).is_some());
        for (status, code, message) in [
            (400, "SendingPausedException", "paused"),
            (400, "AccountSuspendedException", "suspended"),
            (400, "MessageRejected", "Email address is not verified."),
            (400, "MailFromDomainNotVerifiedException", "no MX"),
        ] {
            assert!(
                refused(status, code, message).await.stops_connection(),
                "{code}"
            );
        }
        let bad = refused(400, "MessageRejected", "Message contains a virus").await;
        let reason = FailureReason::RequestBug;
        assert!(matches!(bad, Outcome::Permanent { reason: it, .. } if it == reason));
    }

    #[tokio::test]
    async fn an_answer_that_never_came_leaves_it_open() {
        let recorder = Recorder::new(Vec::new());
        let client = Client::from_conf(config!(aws_sdk_sesv2, recorder));
        let outcome = SesMailer::new(client).send(&mail()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    }
}
