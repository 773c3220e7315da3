//! A mail as it leaves: what a person or a rule wrote, between what stands around every mail of the
//! business, from the sender that the connection names.

use app::apply::Loaded;
use app::correlation::Correlation;
use app::{App, AppError};
use channels::OutboundAction;
use channels::email::TAG_CONNECTION;
use channels::email::header::Mailbox;
use channels::email::outbound::{Email, Origin, Thread, Tracking, send_email};
use channels::outbound::OutboundError;
use domain::channel::Channel;
use domain::content::Content;
use domain::receipt::Reason;
use domain::settings::Locale;
use mail::{Footer, Letter, Surroundings, dress};
use store::MailLayout;

/// What stands around the mails of the business; nothing is read for what is no mail.
pub(crate) async fn layout(app: &App, loaded: &Loaded) -> Result<Option<MailLayout>, AppError> {
    if loaded.conversation.channel != Channel::Email {
        return Ok(None);
    }
    let ws = loaded.conversation.workspace;
    Ok(Some(app.store.mail_layout(ws).await?))
}

/// What a text becomes on the conversation's channel: a mail needs a subject, and a follow-up has none
/// of its own.
pub(crate) fn said(loaded: &Loaded, text: String) -> Content {
    if loaded.conversation.channel != Channel::Email {
        return Content::text(text);
    }
    let business = loaded.book.settings.business_name.trim();
    let subject = match (locale(loaded), business) {
        (Locale::De, "") => "Eine Nachricht für Sie".to_owned(),
        (Locale::En, "") => "A message for you".to_owned(),
        (Locale::De, business) => format!("Eine Nachricht von {business}"),
        (Locale::En, business) => format!("A message from {business}"),
    };
    Content::Email {
        subject,
        text,
        html: None,
    }
}

/// The call. `automated`: no person wrote it.
pub(crate) fn prepare(
    app: &App,
    loaded: &Loaded,
    content: &Content,
    layout: &MailLayout,
    correlation: &Correlation,
    automated: bool,
) -> Result<OutboundAction, Reason> {
    let unusable = |detail: String| Reason::TextUnusable { detail };
    let Content::Email {
        subject,
        text,
        html,
    } = content
    else {
        return Err(unusable("only a mail can be sent by e-mail".to_owned()));
    };
    let settings = &loaded.book.settings;
    let rendered = dress(
        &Letter {
            subject,
            text,
            html: html.as_deref(),
        },
        &Surroundings {
            locale: locale(loaded),
            business_name: &settings.business_name,
            address: &layout.address,
            theme: &layout.theme,
            footer: &Footer::Internal,
        },
    );
    let email = || {
        let connection = &loaded.connection;
        let account = connection.mail.clone().unwrap_or_default();
        let from_name = account.from_name.as_deref();
        let from_name = from_name.unwrap_or(&settings.business_name);
        let sender = connection.sender.as_deref().unwrap_or_default();
        let installation = &app.config.providers.mail_configuration_set;
        send_email(&Email {
            from: Mailbox::parse(sender)?.named(from_name)?,
            to: Mailbox::parse(loaded.conversation.user.reveal())?,
            reply_to: account
                .reply_to
                .as_deref()
                .map(Mailbox::parse)
                .transpose()?,
            subject: rendered.subject,
            text: rendered.text,
            html: Some(rendered.html),
            attachments: Vec::new(),
            origin: match automated {
                true => Origin::Automatic,
                false => Origin::Person,
            },
            unsubscribe: None,
            thread: Thread::default(),
            tracking: Tracking {
                opens: account.track_opens,
                clicks: account.track_clicks,
            },
            configuration_set: account.configuration_set.or_else(|| installation.clone()),
            correlation: correlation.tag(),
            tags: [(TAG_CONNECTION.to_owned(), connection.id.to_string())].into(),
        })
    };
    email()
        .map(|email| OutboundAction::Email(Box::new(email)))
        .map_err(|error: OutboundError| unusable(error.to_string()))
}

/// The language that this customer is written to in.
fn locale(loaded: &Loaded) -> Locale {
    let own = loaded.customer.profile.locale;
    own.unwrap_or(loaded.book.settings.locale)
}
