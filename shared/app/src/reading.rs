//! What the words of a customer mean by themselves, before any rule: for a message that came, and for
//! one that is only rehearsed.

use ai::builtin::{self, OptOut};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::customer::Customer;
use domain::decide::{CustomerWrote, Event};

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Whether they ask for no more messages. What is unclear is for a person to read, never guessed
    /// (NX-29).
    pub opt_out: OptOut,
    /// Whether they take an earlier wish for none back.
    pub opts_in: bool,
    /// Whether a machine of the customer's seems to have written them.
    pub automatic: bool,
}

impl Reading {
    /// Reads the words of one message.
    #[must_use]
    pub fn of(words: &str, channel: Channel) -> Self {
        Self {
            opt_out: builtin::opt_out(words, channel.as_str()),
            opts_in: builtin::opt_in(words),
            automatic: builtin::is_automatic(words),
        }
    }

    /// The message as it is decided on.
    #[must_use]
    pub fn customer_wrote(
        self,
        at: DateTime<Utc>,
        preview: String,
        opens_window: bool,
    ) -> CustomerWrote {
        CustomerWrote {
            at,
            preview,
            opens_window,
            automatic: self.automatic,
            opt_out: self.opt_out == OptOut::Yes,
        }
    }

    /// The consent that the message gives again, where it was taken away.
    #[must_use]
    pub fn consent(self, customer: &Customer, at: DateTime<Utc>) -> Option<Event> {
        let back_in = self.opts_in && customer.chat.opted_out_at.is_some();
        let opted_out = false;
        back_in.then_some(Event::Consent { at, opted_out })
    }
}
