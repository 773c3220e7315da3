//! Small, complete values for the unit tests of this crate.

use chrono::{DateTime, TimeDelta, Utc};

use crate::channel::{Channel, ChannelUser};
use crate::connection::{Connection, ConnectionState, secrets_of};
use crate::content::Content;
use crate::conversation::Conversation;
use crate::customer::{ChatConsent, Customer, CustomerName, Reach};
use crate::ids::{ConnectionId, CustomerId, MessageId, RuleId, WorkspaceId};
use crate::local_time::{QuietHours, TimeOfDay, Zone};
use crate::message::{Author, Message, Status};
use crate::rebooking::{DayChoice, Limits, Timing};
use crate::rule::{
    Action, Delay, MessageText, OnUnknown, Purpose, Rule, RuleSpec, Step, TemplateUse, Trigger,
};
use crate::settings::{Locale, Settings};
use crate::template::{Template, TemplateCategory, TemplateStatus};

pub(crate) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A Monday morning, 10:00 in Berlin.
pub(crate) fn monday() -> DateTime<Utc> {
    utc("2026-11-02T09:00:00Z")
}

pub(crate) fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

pub(crate) fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

pub(crate) fn berlin() -> Zone {
    Zone::parse("Europe/Berlin").unwrap()
}

pub(crate) fn quiet(from: &str, to: &str) -> QuietHours {
    QuietHours::new(
        TimeOfDay::parse(from).unwrap(),
        TimeOfDay::parse(to).unwrap(),
    )
    .unwrap()
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::derive(&["test"])
}

pub(crate) fn settings() -> Settings {
    Settings::new(workspace(), berlin(), Locale::De, None)
}

pub(crate) fn connection(channel: Channel) -> Connection {
    Connection {
        id: ConnectionId::derive(&[channel.as_str()]),
        workspace: workspace(),
        version: 1,
        channel,
        name: format!("Our {channel}"),
        account: None,
        business_account: None,
        sender: None,
        mail: None,
        voice: None,
        state: ConnectionState::Active,
        secrets: secrets_of(channel)
            .iter()
            .map(|kind| ((*kind).to_owned(), format!("{channel}/{kind}")))
            .collect(),
        hold: None,
        created_at: monday(),
        updated_at: monday(),
    }
}

/// The template `termin` in German with one positional parameter.
pub(crate) fn template() -> Template {
    Template {
        version: 1,
        connection: ConnectionId::derive(&["whatsapp"]),
        name: "termin".into(),
        language: "de".into(),
        status: TemplateStatus::Approved,
        category: TemplateCategory::Utility,
        body: "Hallo {{1}}, dein Termin ist noch offen.".into(),
        body_parameters: vec![None],
        definition: serde_json::Value::Null,
        seen_at: monday(),
    }
}

pub(crate) fn template_use() -> TemplateUse {
    TemplateUse {
        name: "termin".into(),
        language: "de".into(),
        header: None,
        parameters: vec![crate::content::TextParameter::positional(
            "##{{first_name}}",
        )],
        buttons: Vec::new(),
    }
}

/// An enabled rule that waits this long and has free text.
pub(crate) fn rule(name: &str, delay: Delay) -> Rule {
    Rule {
        id: RuleId::derive(&[name]),
        workspace: workspace(),
        version: 1,
        created_at: monday() - TimeDelta::days(30),
        updated_at: monday() - TimeDelta::days(30),
        enabled: true,
        spec: RuleSpec {
            name: name.into(),
            colour: None,
            priority: 0,
            purpose: Purpose::Transactional,
            trigger: any_silence(false),
            stop: "the customer confirms or cancels".into(),
            steps: vec![Step {
                after: delay,
                action: Action::Message {
                    message: Some(MessageText::Custom {
                        text: "Hallo ##{{first_name}}!".into(),
                    }),
                    template: None,
                },
            }],
            channels: Vec::new(),
            on_unknown: OnUnknown::Skip,
        },
    }
}

/// A silence, perhaps also where nobody answered.
pub(crate) fn any_silence(any_silence: bool) -> Trigger {
    Trigger::Silence {
        description: "the customer wants an appointment but has not confirmed it".into(),
        any_silence,
    }
}

/// An enabled rule that reminds after visits.
pub(crate) fn after_visit(name: &str, day: DayChoice, at: &str) -> Rule {
    let mut rule = rule(name, Delay::A_DAY);
    rule.spec.purpose = Purpose::Marketing;
    rule.spec.stop.clear();
    rule.spec.trigger = Trigger::AppointmentCompleted {
        timing: Timing {
            day,
            at: TimeOfDay::parse(at).unwrap(),
        },
        limits: Limits::default(),
    };
    rule
}

pub(crate) fn manual(minutes: u32) -> Delay {
    Delay::Manual { minutes }
}

pub(crate) fn with_template(mut rule: Rule) -> Rule {
    let Action::Message { template, .. } = &mut rule.spec.steps[0].action;
    *template = Some(template_use());
    rule
}

pub(crate) fn without_text(mut rule: Rule) -> Rule {
    let Action::Message { message, .. } = &mut rule.spec.steps[0].action;
    *message = None;
    rule
}

pub(crate) fn customer_id() -> CustomerId {
    CustomerId::derive(&["ada"])
}

pub(crate) fn conversation(channel: Channel) -> Conversation {
    Conversation::new(
        workspace(),
        connection(channel).id,
        channel,
        ChannelUser::parse("ada").unwrap(),
        customer_id(),
        monday(),
    )
}

pub(crate) fn customer(conversation: &Conversation) -> Customer {
    Customer {
        id: customer_id(),
        workspace: workspace(),
        version: 1,
        name: CustomerName::default(),
        language: None,
        conversations: vec![Reach {
            conversation: conversation.id,
            connection: conversation.connection,
            channel: conversation.channel,
            window_closes_at: None,
            refusal: None,
        }],
        turn: 0,
        chat: ChatConsent::default(),
        offered: Vec::new(),
        said: Vec::new(),
        automated_at: Vec::new(),
        named_by_staff: false,
        habit: Box::default(),
        reference: None,
        profile: crate::contact::Profile::default(),
        created_at: monday(),
    }
}

/// A message of a customer.
pub(crate) fn message(text: &str) -> Message {
    let head = conversation(Channel::WhatsApp);
    Message {
        id: MessageId::derive(&[text]),
        workspace: head.workspace,
        conversation: head.id,
        at: monday(),
        author: Author::Customer { automatic: false },
        content: Content::text(text),
        hidden: false,
        status: Status::Received,
        status_at: monday(),
        reason: None,
        provider_id: None,
        attempts: 0,
        edited: None,
        edited_at: None,
        revoked: false,
        reaction: None,
        reacted_at: None,
        referral: None,
    }
}
