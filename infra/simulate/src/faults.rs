//! What can go wrong, and how often it does in one simulation.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::dice::Dice;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident, $word:literal, $most:literal;)*) => {
        /// Something that goes wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $($(#[$doc])* $name,)* }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in tables.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// In how many of a thousand cases, at the most.
            fn most(self) -> u16 {
                match self { $(Self::$name => $most,)* }
            }
        }
    };
}

faults! {
    /// The table refuses the call; nothing was written.
    TableThrottled, "table throttled", 60;
    /// Another transaction holds an item.
    TableConflict, "table conflict", 60;
    /// No connection to the table.
    TableUnreachable, "table unreachable", 40;
    /// The write took effect, its answer never came.
    TableAnswerLost, "table answer lost", 40;
    /// The queue refuses a message.
    QueueRefused, "queue refused", 60;
    /// The queue took the message, its answer never came.
    QueueAnswerLost, "queue answer lost", 60;
    /// A message is delivered late.
    QueueLate, "queue late", 80;
    /// A message is delivered again although it is done.
    QueueDoubled, "queue doubled", 120;
    /// Messages of the standard queue overtake each other.
    QueueReordered, "queue reordered", 200;
    /// A message of the standard queue is gone.
    QueueLost, "queue lost", 60;
    /// The scheduler refuses: throttled, or a conflict with itself.
    TimerRefused, "timer refused", 80;
    /// The scheduler took the timer, its answer never came.
    TimerAnswerLost, "timer answer lost", 80;
    /// A timer fires minutes late.
    TimerLate, "timer late", 200;
    /// A timer fires seconds early.
    TimerEarly, "timer early", 100;
    /// A timer fires twice.
    TimerDoubled, "timer doubled", 150;
    /// A timer never fires.
    TimerLost, "timer lost", 120;
    /// The platform cannot be reached; nothing left. There are few calls to platforms in a
    /// simulation, so what goes wrong with them must be likely.
    ProviderUnreachable, "provider unreachable", 250;
    /// The platform asks to come back later (429).
    ProviderBusy, "provider busy", 250;
    /// The platform fails (5xx).
    ProviderBroken, "provider broken", 200;
    /// The body left, nothing was accepted, no answer came.
    ProviderRequestLost, "provider request lost", 150;
    /// The message was accepted, no answer came.
    ProviderAnswerLost, "provider answer lost", 250;
    /// The platform takes its time.
    ProviderSlow, "provider slow", 300;
    /// The platform refuses this message for good.
    ProviderRefuses, "provider refuses", 80;
    /// The platform refuses the whole account.
    ProviderStops, "provider stops the account", 30;
    /// A report on a message comes late.
    ReportLate, "report late", 200;
    /// A report comes twice.
    ReportDoubled, "report doubled", 200;
    /// A report never comes.
    ReportLost, "report lost", 200;
    /// The platform delivers a webhook again although it was answered.
    WebhookDoubled, "webhook doubled", 150;
    /// The process dies between two effects.
    ProcessKilled, "process killed", 15;
    /// The clock of a process is off by some seconds.
    ClockSkewed, "clock skewed", 200;
    /// The model answers after half a minute.
    ModelLate, "model late", 200;
    /// The model answers something that cannot be used.
    ModelWrong, "model wrong", 200;
    /// The model refuses or fails.
    ModelFailed, "model failed", 150;
    /// A secret cannot be read.
    SecretsFailed, "secrets failed", 30;
}

/// How often each fault strikes, in thousandths. Every simulation has other ones: a system that
/// only ever sees all faults at once never sees what one of them does alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    rates: BTreeMap<Fault, u16>,
    outage: Option<Outage>,
}

/// Something does not work at all for a while.
#[derive(Debug, Clone, Copy)]
struct Outage {
    fault: Fault,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// What may fail altogether, in thousandths of the calls meanwhile.
const OUTAGES: &[Fault] = &[
    Fault::TableThrottled,
    Fault::TableUnreachable,
    Fault::QueueRefused,
    Fault::TimerRefused,
    Fault::ProviderUnreachable,
    Fault::ProviderBusy,
    Fault::ModelFailed,
    Fault::SecretsFailed,
];
const DURING_OUTAGE: u16 = 950;

impl Weather {
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let calm = dice.one_in(10);
        let mut rates = BTreeMap::new();
        for fault in Fault::ALL {
            if !calm && dice.one_in(2) {
                rates.insert(*fault, dice.between(1, fault.most()));
            }
        }
        Self {
            rates,
            outage: None,
        }
    }

    /// Sometimes something fails for minutes or hours, from about this time on.
    pub(crate) fn draw_outage(&mut self, dice: &mut Dice, about: DateTime<Utc>) {
        if self.outage.is_none() && dice.one_in(4) {
            let from = about - TimeDelta::seconds(dice.between(0, 600));
            self.outage = Some(Outage {
                fault: dice.one_of(OUTAGES),
                from,
                until: from + TimeDelta::minutes(dice.between(2, 90)),
            });
        }
    }

    pub(crate) fn rate(&self, fault: Fault, now: DateTime<Utc>) -> u16 {
        match self.outage {
            Some(it) if it.fault == fault && (it.from..it.until).contains(&now) => DURING_OUTAGE,
            _ => self.rates.get(&fault).copied().unwrap_or_default(),
        }
    }
}
