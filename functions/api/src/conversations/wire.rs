//! A conversation as JSON.

use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::conversation::{Conversation, OnReply, Preview, Run, Source, State, Thread};
use domain::customer::Customer;
use domain::ids::{ConnectionId, ConversationId, CustomerId, MessageId, RuleId, RunId};
use domain::local_time::Zone;
use domain::receipt::{Reason, Rescue};
use domain::rule::Rule;
use domain::settings::{Locale, Settings};
use serde::Serialize;
use utoipa::ToSchema;

use super::suppressed::SuppressionOut;
use crate::schema;

/// In which language and on which wall clock things are explained.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub(crate) locale: Locale,
    pub(crate) zone: Zone,
}

impl Words {
    /// The workspace's own, unless another language is asked for.
    pub(crate) fn of(settings: &Settings, locale: Option<Locale>) -> Self {
        Self {
            locale: locale.unwrap_or(settings.locale),
            zone: settings.zone,
        }
    }

    /// What the decider remarked. A model's own words stay as they are.
    pub(crate) fn remark(&self, remark: String) -> String {
        let german = || ai::builtin::in_german(&remark);
        match self.locale {
            Locale::De => german().unwrap_or(remark),
            Locale::En => remark,
        }
    }

    pub(crate) fn reason(&self, reason: &Reason) -> ReasonOut {
        ReasonOut {
            explanation: reason.explain(self.locale, self.zone),
            reason: reason.clone(),
        }
    }
}

/// Why, as data and in plain language.
#[derive(Serialize, ToSchema)]
#[schema(as = Explained)]
pub(crate) struct ReasonOut {
    #[schema(value_type = schema::Reason)]
    reason: Reason,
    /// The same in plain language.
    explanation: String,
}

/// A conversation: one customer on one connection.
#[derive(Serialize, ToSchema)]
#[schema(as = Conversation)]
pub(crate) struct ConversationOut {
    #[schema(value_type = schema::ConversationId)]
    id: ConversationId,
    /// Also in `ETag`; rises with every message.
    version: u64,
    #[schema(value_type = schema::ConnectionId)]
    connection: ConnectionId,
    #[schema(value_type = schema::Channel)]
    channel: Channel,
    /// The customer's id on the channel.
    user: String,
    customer: CustomerOut,
    state: StateOut,
    /// Rises each time the customer writes.
    episode: u32,
    last_customer_at: Option<DateTime<Utc>>,
    last_business_at: Option<DateTime<Utc>>,
    last_automated_at: Option<DateTime<Utc>>,
    last_message_at: DateTime<Utc>,
    /// When the platform's free-form window closes; `null` where there is none, or it never opened.
    window_closes_at: Option<DateTime<Utc>>,
    /// Whether free text may leave now.
    window_open: bool,
    /// `false` when the customer blocked us.
    reachable: bool,
    /// Why nothing goes to this address any more (e-mail).
    suppressed: Option<SuppressionOut>,
    unread: u32,
    /// Since when the customer waits for a person's answer.
    waiting_since: Option<DateTime<Utc>>,
    assignee: Option<String>,
    labels: Vec<String>,
    /// The last message in one line.
    preview: Option<PreviewOut>,
    /// What is pending.
    pending: Vec<RunOut>,
    /// When the rules are looked at next.
    assess_at: Option<DateTime<Utc>>,
    /// The user's id changed on the platform; the conversation goes on there.
    #[schema(value_type = Option<schema::ConversationId>)]
    moved_to: Option<ConversationId>,
    created_at: DateTime<Utc>,
}

/// The customer of a conversation, as one wants to see them beside it (MO-02); `GET /v1/customers/{id}`
/// shows all of them.
#[derive(Serialize, ToSchema)]
#[schema(as = ConversationCustomer)]
pub(crate) struct CustomerOut {
    #[schema(value_type = schema::CustomerId)]
    id: CustomerId,
    name: String,
    language: Option<String>,
    /// Since when they want no automated message at all.
    opted_out_at: Option<DateTime<Utc>>,
    /// Since when they want no marketing.
    marketing_stopped_at: Option<DateTime<Utc>>,
    /// In the order of the profile.
    emails: Vec<String>,
    phones: Vec<String>,
    tags: Vec<String>,
    locations: Vec<String>,
    /// Who of the team takes care of them.
    responsible: Vec<String>,
    /// When their last visit began.
    last_visit_at: Option<DateTime<Utc>>,
    /// When the next appointment in the book begins.
    next_appointment_at: Option<DateTime<Utc>>,
}

/// Whether follow-ups may be planned.
#[derive(Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schema(as = ConversationState)]
pub(crate) enum StateOut {
    Open,
    Suspended {
        since: DateTime<Utc>,
        #[serde(flatten)]
        #[schema(inline)]
        why: ReasonOut,
    },
    Closed {
        since: DateTime<Utc>,
    },
}

/// The last message in one line.
#[derive(Serialize, ToSchema)]
#[schema(as = ConversationPreview)]
pub(crate) struct PreviewOut {
    text: String,
    from_customer: bool,
    at: DateTime<Utc>,
}

/// Something pending.
#[derive(Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RunOut {
    #[schema(value_type = schema::RunId)]
    id: RunId,
    /// The message it will become.
    #[schema(value_type = schema::MessageId)]
    message: MessageId,
    /// The rule that asked for it; `null` for a person's message.
    #[schema(value_type = Option<schema::RuleId>)]
    rule: Option<RuleId>,
    /// The rule's name.
    rule_name: Option<String>,
    planned_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    /// When it was wanted, before quiet hours and windows.
    wanted_at: DateTime<Utc>,
    /// What a reply does to it, if it is a person's message.
    #[schema(value_type = Option<schema::OnReply>)]
    on_reply: Option<OnReply>,
    /// Since when a person's message waits for somebody to look at it again, because the customer
    /// wrote first; `due_at` does not count then.
    set_aside_at: Option<DateTime<Utc>>,
    /// What had to be changed to make it legal: `earlier`, `template`, `next_channel` or `email_instead`.
    rescue: Option<String>,
    attempts: u32,
}

impl ConversationOut {
    pub(super) fn new(
        head: Conversation,
        customer: Option<&Customer>,
        rules: &[Rule],
        words: &Words,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            last_message_at: head.last_message_at(),
            window_open: head.window().allows(now),
            pending: head
                .runs
                .iter()
                .map(|run| RunOut::new(run, rules))
                .collect(),
            state: StateOut::new(head.state, head.thread, words),
            customer: CustomerOut::new(head.customer, customer, now),
            preview: head.preview.map(PreviewOut::from),
            id: head.id,
            version: head.version,
            connection: head.connection,
            channel: head.channel,
            user: head.user.reveal().to_owned(),
            episode: head.episode,
            last_customer_at: head.last_customer_at,
            last_business_at: head.last_business_at,
            last_automated_at: head.last_automated_at,
            window_closes_at: head.window_closes_at,
            reachable: head.reachable,
            suppressed: head.suppressed.map(SuppressionOut::from),
            unread: head.unread,
            waiting_since: head.waiting_since,
            assignee: head.assignee,
            labels: head.labels,
            assess_at: head.assess_at,
            moved_to: head.moved_to,
            created_at: head.created_at,
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }
}

impl CustomerOut {
    pub(crate) fn new(id: CustomerId, known: Option<&Customer>, now: DateTime<Utc>) -> Self {
        let profile = known.map(|it| it.profile.clone()).unwrap_or_default();
        let habit = known.map(|it| &it.habit);
        Self {
            emails: profile
                .emails
                .into_iter()
                .map(|it| it.value.into())
                .collect(),
            phones: profile
                .phones
                .into_iter()
                .map(|it| it.value.into())
                .collect(),
            tags: profile.tags.into_iter().map(String::from).collect(),
            locations: profile.locations.into_iter().map(String::from).collect(),
            responsible: profile.responsible.into_iter().collect(),
            last_visit_at: habit.and_then(|it| it.visits.last().copied()),
            next_appointment_at: habit
                .and_then(|it| it.booked.iter().find(|at| **at > now).copied()),
            id,
            name: known
                .map(|customer| customer.name.full_name())
                .unwrap_or_default(),
            language: known.and_then(|customer| customer.language.clone()),
            opted_out_at: known.and_then(|customer| customer.chat.opted_out_at),
            marketing_stopped_at: known.and_then(|customer| customer.chat.marketing_stopped_at),
        }
    }
}

impl StateOut {
    /// Whoever has the thread stops follow-ups as a suspension does.
    fn new(state: State, thread: Thread, words: &Words) -> Self {
        match state {
            State::Open => match thread.elsewhere_since {
                None => Self::Open,
                Some(since) => Self::Suspended {
                    since,
                    why: words.reason(&Reason::ThreadElsewhere),
                },
            },
            State::Suspended { reason, since } => Self::Suspended {
                since,
                why: words.reason(&reason),
            },
            State::Closed { since } => Self::Closed { since },
        }
    }
}

impl From<Preview> for PreviewOut {
    fn from(preview: Preview) -> Self {
        let Preview {
            text,
            from_customer,
            at,
        } = preview;
        Self {
            text,
            from_customer,
            at,
        }
    }
}

impl RunOut {
    pub(super) fn new(run: &Run, rules: &[Rule]) -> Self {
        let (rule, on_reply) = match run.source {
            Source::Rule { rule, .. } => (Some(rule), None),
            Source::Manual { on_reply, .. } => (None, Some(on_reply)),
            Source::Notice { .. } => (None, None),
        };
        Self {
            id: run.id,
            message: run.message,
            rule,
            on_reply,
            set_aside_at: run.set_aside_at,
            rule_name: rule.and_then(|id| name_of(id, rules)),
            planned_at: run.planned_at,
            due_at: run.due_at,
            wanted_at: run.wanted_at,
            rescue: run.rescue.as_ref().map(|rescue| {
                match rescue {
                    Rescue::Earlier { .. } => "earlier",
                    Rescue::Template => "template",
                    Rescue::NextChannel { .. } => "next_channel",
                    Rescue::EmailInstead => "email_instead",
                }
                .to_owned()
            }),
            attempts: run.attempts,
        }
    }
}

/// The rule's name, while it exists.
fn name_of(id: RuleId, rules: &[Rule]) -> Option<String> {
    let rule = rules.iter().find(|rule| rule.id == id)?;
    Some(rule.spec.name.clone())
}
