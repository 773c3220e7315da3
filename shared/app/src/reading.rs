//! What the words of a customer mean by themselves, before any rule: for a message that came, and for
//! one that is only rehearsed.

use ai::builtin::{self, OptOut};
use chrono::{DateTime, Utc};
use domain::channel::Channel;
use domain::consent::{Medium, Source, Standing, Stoppable};
use domain::decide::{CustomerWrote, Event};
use domain::keyword::{self, Keyword, Place, Receiving};

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Whether they ask for no more messages. What is unclear is for a person to read, never guessed
    /// (NX-29).
    pub opt_out: OptOut,
    /// Whether they take an earlier wish for none back.
    pub opts_in: bool,
    /// How they said either: with a keyword and nothing else, or in words of their own.
    pub said_by: Source,
    /// Whether a machine of the customer's seems to have written them.
    pub automatic: bool,
}

impl Reading {
    /// What the provider has acted upon holds, whatever the word was: it lets nothing through any more, or
    /// all again.
    pub fn heed(&mut self, provider: Option<Keyword>) {
        match provider {
            Some(Keyword::Stop) => (self.opt_out, self.opts_in) = (OptOut::Yes, false),
            Some(Keyword::Start) => (self.opt_out, self.opts_in) = (OptOut::No, true),
            Some(Keyword::Help) | None => return,
        }
        self.said_by = Source::Keyword;
        self.automatic = false;
    }

    /// Reads the words of one message of somebody for whom this holds. By SMS only a keyword takes a
    /// STOP back, as it does with the provider.
    #[must_use]
    pub fn of(words: &str, channel: Channel, standing: &Standing) -> Self {
        let receiving = match standing.stopped(Stoppable::of(channel)) {
            Some(_) => Receiving::Stopped,
            None => Receiving::Yes,
        };
        let by_sms = Medium::of(channel) == Medium::Sms;
        let place = if by_sms { Place::Sms } else { Place::Chat };
        let read = keyword::read(words, place, receiving);
        let is = |keyword| read == keyword::Reading::Keyword { keyword };
        let opt_out = match (builtin::opt_out(words, channel.as_str()), read) {
            (OptOut::No, keyword::Reading::Unclear { .. }) if by_sms => OptOut::Unclear,
            (found, _) => found,
        };
        Self {
            opt_out,
            opts_in: is(Keyword::Start) || !by_sms && builtin::opt_in(words),
            said_by: match is(Keyword::Stop) || is(Keyword::Start) {
                true => Source::Keyword,
                false => Source::Message,
            },
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
    pub fn consent(
        self,
        channel: Channel,
        standing: &Standing,
        at: DateTime<Utc>,
    ) -> Option<Event> {
        let back_in = self.opts_in && standing.stopped(Stoppable::of(channel)).is_some();
        let opted_out = false;
        back_in.then_some(Event::Consent { at, opted_out })
    }
}
