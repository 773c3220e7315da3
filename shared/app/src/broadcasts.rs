//! Messages to many, a page at a time: counted before somebody confirms them, handed over after.
//!
//! Counting and handing over ask the same question of each customer, so that what was shown is what
//! happens. What becomes of a broadcast for a customer is noted beside them in the write that stores
//! their message: a page that is looked at twice gives nobody the message twice. The broadcast itself
//! stands in `overdue` as long as there is a page to come, and its place changes by version: of two who
//! look at the same page one goes on.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::broadcast::{Audience, Broadcast, Fate, Figures, Says, State};
use domain::consent::Medium;
use domain::content::Content;
use domain::conversation::{OnReply, Run, Source};
use domain::customer::Customer;
use domain::decide::{Event, gates};
use domain::ids::{BroadcastId, CustomerId, MessageId, RunId, WorkspaceId};
use domain::message::{Author, Message, Status};
use domain::receipt::Reason;
use domain::sms;
use domain::variables;
use mail::TemplateKind;
use store::{Book, Check, Committed, Consistency, PageRequest};

use crate::apply::{self, Applied, Change, Loaded};
use crate::confirmation::Confirmation;
use crate::open::{self, Opened};
use crate::segments::Judge;
use crate::tasks::DueTask;
use crate::{App, AppError};

/// How often a lost race is decided again.
const TRIES: u32 = 10;
/// Pages that one task looks at if hardly anybody on them gets the message.
const PAGES: u32 = 20;
/// What a queue can delay; what is further away is found by the sweep.
const HORIZON: Duration = Duration::from_secs(15 * 60);

/// Customers of a workspace whose number or address leads to somebody else.
const ANOTHERS: &str = "address_is_anothers";
/// Customers who have as many conversations as there may be.
const FULL: &str = "too_many_conversations";

/// Has the next page looked at once it is time.
pub async fn publish(app: &App, broadcast: &Broadcast, now: DateTime<Utc>) {
    let Some(at) = broadcast.next_at() else {
        return;
    };
    // Whole seconds, and never too early: a task that finds nothing due is dropped.
    let wait = (at - now).to_std().unwrap_or_default();
    let wait = Duration::from_secs(
        wait.as_millis()
            .div_ceil(1000)
            .try_into()
            .unwrap_or(u64::MAX),
    );
    if wait > HORIZON {
        return;
    }
    let task = DueTask::BroadcastV1 {
        workspace: broadcast.workspace,
        broadcast: broadcast.id,
    };
    if let Err(error) = app.queues.send_due(&task, wait).await {
        tracing::warn!(
            broadcast.id = %broadcast.id,
            error = %error,
            "the next page could not be put on the queue; the sweep will find it"
        );
    }
}

/// Looks at the next page, if it is time.
pub async fn go_on(app: &App, ws: WorkspaceId, id: BroadcastId) -> Result<(), AppError> {
    let Some(broadcast) = app.store.broadcast(ws, id).await? else {
        return Ok(());
    };
    let now = app.now();
    let (walk, hands_over) = match &broadcast.state {
        State::Counting { walk } if walk.next_at <= now => (walk, false),
        State::Sending { walk } if walk.next_at <= now => (walk, true),
        _ => return Ok(()),
    };
    let at = At {
        app,
        broadcast: &broadcast,
        // What was switched a moment ago counts.
        book: &*app.fresh_book(ws).await?,
        letter: letter(app, &broadcast).await?,
        now,
    };
    let mut figures = Figures::default();
    let mut cursor = walk.cursor.clone();
    for _ in 0..PAGES {
        let page = at.customers(cursor.take()).await?;
        for customer in &page.customers {
            let fate = match hands_over {
                true => Box::pin(at.hand_over(customer.id, figures.receive)).await?,
                false => Box::pin(at.look(customer.id, now))
                    .await?
                    .map(|it| it.fate()),
            };
            if let Some(fate) = fate {
                figures.add(customer.id, &fate);
            }
        }
        cursor = page.next;
        if cursor.is_none() || !hands_over || figures.receive >= u64::from(broadcast.page()) {
            break;
        }
    }
    let mut after = broadcast.clone().after(&figures, cursor, now);
    if let (State::Counted { .. }, Some(only)) = (&after.state, after.counted.only) {
        // Preferences do not hold for a list of one (MO-30).
        after.counted = at.alone(only).await?;
    }
    if app.store.put_broadcast(&after, None, None).await? == Committed::Done {
        publish(app, &after, now).await;
    }
    Ok(())
}

/// The template that the broadcast is made from, as it is now.
async fn letter(app: &App, broadcast: &Broadcast) -> Result<Option<Confirmation>, AppError> {
    let Says::Template { kind, values } = &broadcast.says else {
        return Ok(None);
    };
    let Ok(kind) = kind.parse::<TemplateKind>() else {
        // Its kind is gone with a new version of ours; nobody gets it.
        return Ok(None);
    };
    let ws = broadcast.workspace;
    Ok(Some(Confirmation {
        template: app.store.mail_template(ws, kind).await?.template(),
        values: values.clone(),
        layout: app.store.mail_layout(ws).await?,
    }))
}

/// Who looks at a page.
struct At<'a> {
    app: &'a App,
    broadcast: &'a Broadcast,
    book: &'a Book,
    letter: Option<Confirmation>,
    now: DateTime<Utc>,
}

struct Customers {
    customers: Vec<Customer>,
    next: Option<String>,
}

/// What one customer would get, or why they would not.
enum Looked {
    Gets(Box<Gets>),
    Refused(String),
}

struct Gets {
    loaded: Loaded,
    message: Message,
    run: Run,
    segments: u32,
}

impl Looked {
    fn fate(&self) -> Fate {
        match self {
            Self::Refused(code) => Fate::Refused { code: code.clone() },
            Self::Gets(gets) => Fate::Receives {
                conversation: gets.message.conversation,
                message: gets.message.id,
                segments: gets.segments,
            },
        }
    }
}

impl At<'_> {
    async fn customers(&self, cursor: Option<String>) -> Result<Customers, AppError> {
        let (app, ws) = (self.app, self.broadcast.workspace);
        let limit = self.broadcast.page();
        let Some(filter) = self.broadcast.audience.filter() else {
            let Audience::Customers { of } = &self.broadcast.audience else {
                return Ok(Customers {
                    customers: Vec::new(),
                    next: None,
                });
            };
            let from = cursor
                .and_then(|place| place.parse::<usize>().ok())
                .unwrap_or(0);
            let until = from.saturating_add(usize::from(limit)).min(of.len());
            let named = of.get(from..until).unwrap_or_default();
            let mut customers = app.store.customers(ws, named, Consistency::Strong).await?;
            customers.sort_by_key(|it| named.iter().position(|id| *id == it.id));
            let next = (until < of.len()).then(|| until.to_string());
            return Ok(Customers { customers, next });
        };
        let page = PageRequest {
            limit,
            cursor,
            newest_first: false,
        };
        let read = app.store.customers_by_name(ws, None, &page).await?;
        let judge = Judge::of(app, ws, filter).await?;
        Ok(Customers {
            customers: judge.members(read.items).await?,
            next: read.next_cursor,
        })
    }

    /// The figures of a list of one.
    async fn alone(&self, only: CustomerId) -> Result<Figures, AppError> {
        let broadcast = Broadcast {
            audience: Audience::Customers { of: vec![only] },
            ..self.broadcast.clone()
        };
        let at = At {
            broadcast: &broadcast,
            letter: self.letter.clone(),
            ..*self
        };
        let mut figures = Figures::default();
        if let Some(looked) = Box::pin(at.look(only, self.now)).await? {
            figures.add(only, &looked.fate());
        }
        Ok(figures)
    }

    /// Gives the message to the customer, once. `None`: they are gone. `before`: how many of this page
    /// got it before them.
    async fn hand_over(&self, customer: CustomerId, before: u64) -> Result<Option<Fate>, AppError> {
        let (app, ws, id) = (self.app, self.broadcast.workspace, self.broadcast.id);
        let send_at = self.broadcast.leaves_at(before, self.now);
        for _ in 0..TRIES {
            let Some(looked) = self.look(customer, send_at).await? else {
                return Ok(None);
            };
            let fate = looked.fate();
            let Looked::Gets(gets) = looked else {
                match app.store.put_fate(ws, customer, id, &fate).await? {
                    Committed::Done => return Ok(Some(fate)),
                    Committed::Duplicate => return Ok(app.store.fate(ws, customer, id).await?),
                    Committed::Conflict | Committed::Refused(_) | Committed::AtLimit => continue,
                }
            };
            let change = Change {
                fate: Some((id, fate.clone())),
                // Also that they are not erased by now: nothing may be noted beside who is gone.
                checks: vec![Check::CustomerUnchanged {
                    customer,
                    version: gets.loaded.customer.version,
                }],
                new_messages: vec![gets.message.clone()],
                ..Change::event("broadcast", planned(&gets.run))
            };
            let change = open::begun(&gets.loaded, change);
            match apply::apply_once(app, gets.loaded, change, self.now).await? {
                Some(Applied::Done { .. }) => return Ok(Some(fate)),
                Some(Applied::Duplicate) => return Ok(app.store.fate(ws, customer, id).await?),
                Some(
                    Applied::Refused(_) | Applied::Missing | Applied::Nothing | Applied::AtLimit,
                )
                | None => {}
            }
        }
        Err(AppError::Contended)
    }

    /// Whether this customer gets it, as things stand. `None`: there is no such customer.
    async fn look(
        &self,
        customer: CustomerId,
        send_at: DateTime<Utc>,
    ) -> Result<Option<Looked>, AppError> {
        let (app, ws, now) = (self.app, self.broadcast.workspace, self.now);
        let refused = |reason: &Reason| Ok(Some(Looked::Refused(reason.code())));
        let connection = self.book.connection(self.broadcast.connection);
        let Some(connection) = connection.filter(|it| it.is_active()) else {
            return refused(&Reason::ConnectionInactive);
        };
        let Some(known) = app.store.customer(ws, customer).await? else {
            return Ok(None);
        };
        let medium = self.broadcast.medium;
        let profile = &known.profile;
        let opened = match medium {
            Medium::Email => match profile.email_for(self.broadcast.says.purpose()) {
                Some(to) => Some(open::by_email(app, ws, customer, connection, to, now).await?),
                None => None,
            },
            Medium::Sms => match profile.phone_for_sms() {
                Some(to) => Some(open::by_sms(app, ws, customer, connection, to, now).await?),
                None => None,
            },
            Medium::Chat | Medium::InApp => None,
        };
        let loaded = match opened {
            Some(Opened::Loaded(loaded)) => loaded,
            Some(Opened::NoCustomer) => return Ok(None),
            Some(Opened::Taken(_)) => return Ok(Some(Looked::Refused(ANOTHERS.to_owned()))),
            Some(Opened::Full) => return Ok(Some(Looked::Refused(FULL.to_owned()))),
            Some(Opened::NoAddress) | None => return refused(&Reason::NoAddress { medium }),
        };
        let content = match self.content(&loaded) {
            Ok(content) => content,
            Err(code) => return Ok(Some(Looked::Refused(code))),
        };
        let words = content.words().unwrap_or_default();
        if !loaded.conversation.channel.text_limit().fits(words) {
            return Ok(Some(Looked::Refused("too_long".to_owned())));
        }
        let segments = match medium {
            Medium::Sms => sms::count(words).parts,
            _ => 0,
        };
        let message = self.message(&loaded, content);
        let run = self.run(&loaded, &message, send_at);
        // As they are now; the claim asks again.
        if let (_, Some(reason)) = gates(&loaded.snapshot(), &run, now) {
            return refused(&reason);
        }
        Ok(Some(Looked::Gets(Box::new(Gets {
            loaded,
            message,
            run,
            segments,
        }))))
    }

    /// What it says to this customer, or the code of why it says nothing to them.
    fn content(&self, loaded: &Loaded) -> Result<Content, String> {
        let code = |errors: &[domain::field::FieldError]| {
            errors
                .first()
                .map_or_else(String::new, |it| it.code.to_string())
        };
        match &self.broadcast.says {
            Says::Template { .. } => match &self.letter {
                Some(letter) => letter.filled(loaded).map_err(|errors| code(&errors)),
                None => Err("template_gone".to_owned()),
            },
            Says::Text { subject, text } => {
                let business = &loaded.book.settings.business_name;
                let fill = |field, text: &str| {
                    variables::filled(field, text, &loaded.customer.name, business)
                        .map_err(|error| code(&[error]))
                };
                let text = fill("text", text)?;
                Ok(match subject {
                    None => Content::text(text),
                    Some(subject) => Content::Email {
                        subject: fill("subject", subject)?,
                        text,
                        html: None,
                    },
                })
            }
        }
    }

    /// Whether it is a person's message to one customer, who gets it whatever they prefer (MO-30).
    fn is_one_to_one(&self) -> bool {
        let one = matches!(&self.broadcast.audience, Audience::Customers { of } if of.len() == 1);
        one && self.letter.is_none()
    }

    fn message(&self, loaded: &Loaded, content: Content) -> Message {
        let (app, now, key) = (self.app, self.now, self.broadcast.created_by);
        let author = match self.is_one_to_one() {
            true => Author::Staff { key },
            false => Author::Broadcast {
                key,
                broadcast: self.broadcast.id,
                template: self.broadcast.says.template().map(str::to_owned),
            },
        };
        Message {
            id: MessageId::new(now, app.random10()),
            workspace: self.broadcast.workspace,
            conversation: loaded.conversation.id,
            at: now,
            author,
            content,
            hidden: false,
            status: Status::Planned,
            status_at: now,
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

    fn run(&self, loaded: &Loaded, message: &Message, send_at: DateTime<Utc>) -> Run {
        let at = message.at;
        let source = match self.is_one_to_one() {
            true => Source::Manual {
                at,
                on_reply: OnReply::Keep,
            },
            false => Source::Notice {
                at,
                purpose: self.broadcast.says.purpose(),
            },
        };
        Run {
            id: RunId::new(self.now, self.app.random10()),
            message: message.id,
            source,
            turn: loaded.customer.turn,
            from: None,
            episode: loaded.conversation.episode,
            planned_at: self.now,
            message_at: Some(at),
            due_at: send_at,
            wanted_at: send_at,
            rescue: None,
            attempts: 0,
            repeats: None,
            set_aside_at: None,
            visit: None,
        }
    }
}

/// What plans this run.
fn planned(run: &Run) -> Event {
    let (message, send_at) = (run.message, run.due_at);
    match run.source {
        Source::Manual { at, on_reply } => Event::ManualMessage {
            run: run.id,
            message,
            at,
            send_at,
            on_reply,
            set_aside_at: None,
        },
        Source::Notice { at, purpose } => Event::Notice {
            run: run.id,
            message,
            at,
            send_at,
            purpose,
        },
        Source::Rule { .. } => unreachable!("no rule writes to many"),
    }
}
