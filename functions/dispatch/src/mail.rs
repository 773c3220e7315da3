//! A mail as it leaves: what a person or a rule wrote, between what stands around every mail of the
//! business, from the sender that the connection names.

use app::apply::Loaded;
use app::correlation::Correlation;
use app::links::{self, Recipient};
use app::{App, AppError};
use channels::OutboundAction;
use channels::email::TAG_WORKSPACE;
use channels::email::header::Mailbox;
use channels::email::outbound::{Email, OneClick, Origin, Thread, Tracking, send_email};
use channels::outbound::OutboundError;
use domain::channel::Channel;
use domain::consent::Class;
use domain::content::Content;
use domain::conversation::Run;
use domain::receipt::Reason;
use domain::settings::Locale;
use mail::link::Link;
use mail::{Footer, FooterClass, Letter, Surroundings, dress};
use store::MailLayout;

/// What stands around a mail.
pub(crate) struct Around {
    layout: MailLayout,
    way_out: Option<WayOut>,
}

/// How the customer hears no more of this class (MO-27).
struct WayOut {
    class: Class,
    /// `None`: there is none, or nobody knows where we are reached.
    link: Option<String>,
}

/// Reads what stands around the mail of this run; nothing is read for what is no mail.
///
/// What nobody wrote to this customer alone ends with the way out of its class, the same address however often it is written. What
/// a person writes to one customer is a letter, and has none.
pub(crate) async fn around(
    app: &App,
    loaded: &Loaded,
    run: &Run,
) -> Result<Option<Around>, AppError> {
    let head = &loaded.conversation;
    if head.channel != Channel::Email {
        return Ok(None);
    }
    let layout = app.store.mail_layout(head.workspace).await?;
    let way_out = match loaded.snapshot().class_of(run) {
        None => None,
        Some(class) => {
            let to = Recipient {
                workspace: head.workspace,
                customer: loaded.customer.id,
                conversation: Some(head.id),
            };
            let link = links::unsubscribe(app, to, class)
                .await?
                .map(|link| link.url);
            Some(WayOut { class, link })
        }
    };
    Ok(Some(Around { layout, way_out }))
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
    around: &Around,
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
    let layout = &around.layout;
    let (footer, unsubscribe) = foot(around.way_out.as_ref()).map_err(unusable)?;
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
            footer: &footer,
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
            unsubscribe,
            thread: Thread::default(),
            tracking: Tracking {
                opens: account.track_opens,
                clicks: account.track_clicks,
            },
            configuration_set: account.configuration_set.or_else(|| installation.clone()),
            correlation: correlation.tag(),
            tags: [(
                TAG_WORKSPACE.to_owned(),
                loaded.conversation.workspace.to_string(),
            )]
            .into(),
        })
    };
    email()
        .map(|email| OutboundAction::Email(Box::new(email)))
        .map_err(|error: OutboundError| unusable(error.to_string()))
}

/// What stands at the foot, and, of advertising, in the header for mail programs. A mail that nobody
/// could end does not leave.
fn foot(way_out: Option<&WayOut>) -> Result<(Footer, Option<OneClick>), String> {
    let Some(WayOut { class, link }) = way_out else {
        return Ok((Footer::Internal, None));
    };
    let missing = || {
        "there is no link to unsubscribe with: set PUBLIC_URL to the https address of this installation"
            .to_owned()
    };
    let link = link.clone().ok_or_else(missing)?;
    let unsubscribe = Link::parse(&link).map_err(|_| missing())?;
    let is_marketing = *class == Class::EmailMarketing;
    let footer = Footer::Customer {
        class: match is_marketing {
            true => FooterClass::Marketing,
            false => FooterClass::Transactional,
        },
        unsubscribe,
        preferences: None,
        why: None,
    };
    let one_click = is_marketing.then_some(OneClick { link, mailto: None });
    Ok((footer, one_click))
}

/// The language that this customer is written to in.
fn locale(loaded: &Loaded) -> Locale {
    let own = loaded.customer.profile.locale;
    own.unwrap_or(loaded.book.settings.locale)
}
