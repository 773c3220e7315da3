//! The SMS segments of a month: what a message needs of them, and what follows when they are spent
//! (MO-22, MO-23). No message leaves in part, the owner is told once, and the same message goes by e-mail
//! if it may.
//!
//! They are counted when a send is claimed, as its text stands; the provider may need fewer, because
//! it replaces signs that look alike. What it does not take is counted back; what it took is billed,
//! whether or not it arrives.

use app::apply::Loaded;
use app::{App, AppError};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::content::Content;
use domain::ids::NotificationId;
use domain::sms::count;
use domain::sms::tier::{Month, Spent, take};
use store::{Counter, Notification, Over, SMS_SEGMENTS};

/// What the claim of this message counts; `None` where nothing is. Or that the month has not enough left.
pub(crate) async fn look(
    app: &App,
    loaded: &Loaded,
    content: &Content,
    now: DateTime<Utc>,
) -> Result<Result<Option<Counter>, Spent>, AppError> {
    let settings = &loaded.book.settings;
    let Some(counter) = counted(loaded, content, now) else {
        return Ok(Ok(None));
    };
    let Some(tier) = settings.chosen_tier() else {
        return Ok(Ok(Some(counter)));
    };
    let ws = settings.workspace;
    let month = Month::of(now, settings.zone);
    let usage = app.store.sms_usage(ws, month).await?;
    let size = count(content.words().unwrap_or_default());
    let Err(spent) = take(size, usage, tier) else {
        // Others may be counted at the same moment: all of it must fit.
        let room = usage
            .left_for_messages(tier)
            .saturating_sub(u64::from(size.parts));
        return Ok(Ok(Some(Counter {
            limit: Some(room + 1),
            ..counter
        })));
    };
    if usage.told_of_limit != Some(tier.segments) {
        let told = Notification {
            id: NotificationId::new(now, app.random10()),
            at: now,
            reason: spent.reason(),
            conversation: None,
            message: None,
            read_at: None,
            read_by: None,
        };
        app.store
            .tell_of_limit(ws, month, tier.segments, &told)
            .await?;
        tracing::warn!(workspace.id = %ws, "the SMS segments of the month are spent");
    }
    Ok(Err(spent))
}

/// What takes back what the claim counted: the provider has certainly not taken the message.
pub(crate) fn taken_back(
    loaded: &Loaded,
    content: &Content,
    claimed_at: DateTime<Utc>,
) -> Option<Counter> {
    let counted = counted(loaded, content, claimed_at)?;
    Some(Counter {
        by: -counted.by,
        ..counted
    })
}

fn counted(loaded: &Loaded, content: &Content, at: DateTime<Utc>) -> Option<Counter> {
    let by_sms = loaded.conversation.channel == Channel::Sms;
    let segments = count(content.words().unwrap_or_default()).parts;
    by_sms.then(|| Counter {
        date: loaded.book.settings.zone.day(at),
        over: Over::Month,
        name: SMS_SEGMENTS.into(),
        by: i64::from(segments),
        limit: None,
    })
}
