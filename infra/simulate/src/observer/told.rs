//! What platforms told of conversations, noted while the tasks that tell it are handled.

use std::collections::BTreeMap;

use app::tasks::EventTask;
use channels::InboundKind;
use channels::inbound::{MarketingChoice, Reaching};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::conversation::Conversation;
use domain::ids::ConversationId;

use super::{Observer, SKEW};

/// One thing that was told, by the platform's clock.
pub(crate) struct Told {
    conversation: ConversationId,
    what: What,
    at: DateTime<Utc>,
    shut: bool,
}

/// What is shut or open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Thread,
    Reach,
    Marketing,
}

impl Told {
    /// What an update tells.
    pub(crate) fn of(task: &EventTask) -> Vec<Self> {
        let EventTask::InboundV1 {
            connection, event, ..
        } = task;
        let Some(user) = &event.user else {
            return Vec::new();
        };
        let on_page = matches!(event.channel, Channel::Messenger | Channel::Instagram);
        let told = match &event.kind {
            InboundKind::Handover(handover) => {
                handover.is_to_us().map(|ours| (What::Thread, !ours))
            }
            InboundKind::PreferenceChanged { marketing } => {
                Some((What::Marketing, *marketing == MarketingChoice::Stop))
            }
            InboundKind::Reachability { state } => Some((What::Reach, *state == Reaching::Blocked)),
            // Whoever writes has not blocked us, and writes to whoever has the thread.
            InboundKind::Message(_) if on_page => Some((What::Thread, event.standby)),
            InboundKind::Message(_) => Some((What::Reach, false)),
            _ => None,
        };
        let told = told.map(|(what, shut)| Self {
            conversation: Conversation::id_for(*connection, user),
            what,
            at: event.at,
            shut,
        });
        told.into_iter().collect()
    }
}

/// When each was last told to be shut and to be open.
#[derive(Default)]
pub(super) struct Tellings(BTreeMap<(ConversationId, What), [Option<DateTime<Utc>>; 2]>);

impl Tellings {
    fn take(&mut self, told: &Told) {
        let known = self.0.entry((told.conversation, told.what)).or_default();
        let place = &mut known[usize::from(told.shut)];
        *place = (*place).max(Some(told.at));
    }

    /// Nothing is known of it any more.
    pub(super) fn forget(&mut self, id: ConversationId) {
        self.0.retain(|(of, _), _| *of != id);
    }

    /// Whether it was told last that it is shut, in whichever of them. Nobody puts what was told
    /// within a few seconds in order for certain: processes go by clocks that differ.
    fn shut(&self, of: impl Iterator<Item = ConversationId>, what: What) -> bool {
        let known = of.filter_map(|id| self.0.get(&(id, what)));
        let [open, shut] = known.fold([None, None], |[open, shut], known| {
            [known[0].max(open), known[1].max(shut)]
        });
        shut.is_some_and(|shut| open.is_none_or(|open| shut > open + SKEW + SKEW))
    }

    pub(super) fn elsewhere(&self, id: ConversationId) -> bool {
        self.shut(std::iter::once(id), What::Thread)
    }

    pub(super) fn blocked(&self, id: ConversationId) -> bool {
        self.shut(std::iter::once(id), What::Reach)
    }

    pub(super) fn marketing_stopped(&self, of: Vec<ConversationId>) -> bool {
        self.shut(of.into_iter(), What::Marketing)
    }
}

impl Observer {
    /// Somebody begins to handle what was told, or has done so. What opens may be known from the
    /// first of its writes on, what shuts must be known when it is done.
    pub(crate) fn told(&mut self, told: &[Told], is_done: bool) {
        for told in told.iter().filter(|told| told.shut == is_done) {
            self.told.take(told);
        }
    }
}
