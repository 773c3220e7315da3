//! A message to many: how many may get it at once (MO-08).

use serde::{Deserialize, Serialize};

use crate::consent::Medium;
use crate::field::FieldError;

/// Without the marketing suite an e-mail goes to fewer recipients than this at once; the default of
/// the setting.
pub const EMAIL_RECIPIENTS: u32 = 75;

/// Whether the owner has switched the marketing suite on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketingSuite {
    /// Yes.
    On,
    /// No.
    #[default]
    Off,
}

/// Whether so many recipients may be written to at once. `limit` is the first number that may not.
pub fn recipients(
    medium: Medium,
    recipients: usize,
    suite: MarketingSuite,
    limit: u32,
) -> Result<(), FieldError> {
    let limited = medium == Medium::Email && suite == MarketingSuite::Off;
    if !limited || recipients < limit as usize {
        return Ok(());
    }
    Err(FieldError::new(
        "recipients",
        "marketing_suite_needed",
        format!(
            "an e-mail to {recipients} recipients needs the marketing suite; without it fewer than {limit} are allowed at once"
        ),
        "switch the marketing suite on in the settings, or choose fewer recipients",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventy_four_pass_and_seventy_five_do_not() {
        let mail = |n, suite| recipients(Medium::Email, n, suite, EMAIL_RECIPIENTS);
        assert_eq!(mail(74, MarketingSuite::Off), Ok(()));
        assert_eq!(mail(100_000, MarketingSuite::On), Ok(()));
        insta::assert_json_snapshot!(mail(75, MarketingSuite::Off).unwrap_err(), @r#"
        {
          "field": "recipients",
          "code": "marketing_suite_needed",
          "message": "an e-mail to 75 recipients needs the marketing suite; without it fewer than 75 are allowed at once",
          "remedy": "switch the marketing suite on in the settings, or choose fewer recipients"
        }
        "#);
        for medium in [Medium::Sms, Medium::InApp, Medium::Chat] {
            assert_eq!(
                recipients(medium, 75, MarketingSuite::Off, EMAIL_RECIPIENTS),
                Ok(())
            );
        }
    }
}
