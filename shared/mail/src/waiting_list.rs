//! `##{{numberOfMinutesToRespond}}`: how long a customer on the waiting list has to answer.

use serde::{Deserialize, Serialize};

/// How a free place is given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingListMode {
    /// The first on the list is booked in without being asked.
    Automatic,
    /// One after the other is asked and has to confirm.
    DoubleOptIn,
    /// One after the other is told; the first to book has the place.
    FastestFirst,
}

/// The settings of the waiting list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingListSettings {
    /// How a place is given away.
    pub mode: WaitingListMode,
    /// How many minutes a customer has to answer.
    pub minutes_to_respond: u32,
}

impl WaitingListSettings {
    /// After how many minutes the next customer is contacted; nobody is, where nobody is asked.
    #[must_use]
    pub fn minutes_until_next(&self) -> Option<u32> {
        match self.mode {
            WaitingListMode::DoubleOptIn | WaitingListMode::FastestFirst => {
                Some(self.minutes_to_respond)
            }
            WaitingListMode::Automatic => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mo_16_the_time_to_answer_is_the_time_until_the_next_is_asked() {
        let after = |mode| {
            WaitingListSettings {
                mode,
                minutes_to_respond: 90,
            }
            .minutes_until_next()
        };
        assert_eq!(after(WaitingListMode::DoubleOptIn), Some(90));
        assert_eq!(after(WaitingListMode::FastestFirst), Some(90));
        assert_eq!(after(WaitingListMode::Automatic), None);
    }
}
