//! Until when free text may be sent (DK-12, CF-07).

use chrono::{DateTime, TimeDelta, Utc};

use crate::channel::Channel;

/// Free text leaves only while more than this remains of the window.
pub const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// The platform's free-form window of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The platform knows no such thing.
    Always,
    /// The customer never wrote here.
    Never,
    /// It closes at this instant.
    Until(DateTime<Utc>),
}

impl Window {
    /// The window of a conversation on this channel.
    #[must_use]
    pub fn of(channel: Channel, closes_at: Option<DateTime<Utc>>) -> Self {
        match (channel.free_form_window(), closes_at) {
            (None, _) => Self::Always,
            (Some(_), None) => Self::Never,
            (Some(_), Some(at)) => Self::Until(at),
        }
    }

    /// When a window that the customer opens at `at` closes.
    #[must_use]
    pub fn opened(channel: Channel, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        channel.free_form_window().map(|length| at + length)
    }

    /// Whether free text may leave at this instant, with the margin kept.
    #[must_use]
    pub fn allows(self, at: DateTime<Utc>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Until(closes_at) => closes_at - at > MARGIN,
        }
    }

    /// Whether it is open at this instant, to the last second: for what a person writes.
    #[must_use]
    pub fn is_open(self, at: DateTime<Utc>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Until(closes_at) => at < closes_at,
        }
    }

    /// The last whole second at which free text may leave; `None` where there is no end.
    #[must_use]
    pub fn last_moment(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Until(closes_at) => Some(closes_at - MARGIN - TimeDelta::seconds(1)),
            Self::Always | Self::Never => None,
        }
    }

    /// The end, for reasons.
    #[must_use]
    pub fn closes_at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Until(at) => Some(at),
            Self::Always | Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_text_leaves_only_with_more_than_five_minutes_to_go() {
        let wrote = "2026-11-02T10:00:00Z".parse::<DateTime<Utc>>().unwrap();
        let window = Window::of(Channel::WhatsApp, Window::opened(Channel::WhatsApp, wrote));
        let after =
            |h, m, s| wrote + TimeDelta::hours(h) + TimeDelta::minutes(m) + TimeDelta::seconds(s);
        assert!(window.allows(after(23, 54, 59)));
        assert!(!window.allows(after(23, 55, 0)));
        assert!(!window.allows(after(24, 0, 0)));
        assert_eq!(window.last_moment(), Some(after(23, 54, 59)));
        assert!(window.is_open(after(23, 59, 59)));
        assert!(!window.is_open(after(24, 0, 0)));
        assert!(!Window::of(Channel::Instagram, None).allows(wrote));
        assert!(Window::of(Channel::Telegram, None).allows(after(1000, 0, 0)));
    }
}
