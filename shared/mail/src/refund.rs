//! `##{{refundNotice}}`: what a customer is told about their money, by what had paid.

use std::collections::BTreeMap;

use domain::field::{FieldError, too_long};
use domain::settings::Locale;
use domain::variables::{self, VariableError, fill};
use serde::{Deserialize, Serialize};

use crate::value::Money;

/// What paid for a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMeans {
    /// A visit of a package.
    Package,
    /// Money on the customer's account.
    AccountMoney,
    /// Cash.
    Cash,
    /// A card.
    Card,
    /// A membership.
    Membership,
    /// Nothing: it was free.
    Free,
    /// Anything else.
    Other,
}

impl PaymentMeans {
    /// Every means, in the order lists show them.
    pub const ALL: [Self; 7] = [
        Self::Package,
        Self::AccountMoney,
        Self::Cash,
        Self::Card,
        Self::Membership,
        Self::Free,
        Self::Other,
    ];
}

/// The variables of a refund text.
pub const VARIABLES: [(&str, &str); 1] = [("amount", "the amount that went back")];

/// The longest text.
pub const LONGEST: usize = 500;

/// The business's own texts. Where there is none, the built-in one holds; an empty text says
/// that nothing is to be said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefundTexts(BTreeMap<PaymentMeans, BTreeMap<Locale, String>>);

impl RefundTexts {
    /// Replaces the text for one means of payment; `None`: the built-in one again.
    pub fn set(&mut self, means: PaymentMeans, locale: Locale, text: Option<&str>) {
        let texts = self.0.entry(means).or_default();
        match text {
            Some(text) => drop(texts.insert(locale, text.trim().to_owned())),
            None => drop(texts.remove(&locale)),
        }
        self.0.retain(|_, texts| !texts.is_empty());
    }

    /// What is wrong with them, when they are saved.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        for (means, texts) in &self.0 {
            for (locale, text) in texts {
                let means = serde_name(*means);
                let field = format!("refund_texts.{means}.{}", locale.as_str());
                if let Err(error) = variables::check(&field, text, &VARIABLES) {
                    errors.push(error);
                }
                errors.extend(too_long(&field, text.chars().count(), LONGEST));
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// The text for one means of payment; empty where neither the business nor the built-in
    /// texts say anything.
    #[must_use]
    pub fn text(&self, means: PaymentMeans, locale: Locale) -> &str {
        let own = self.0.get(&means).and_then(|texts| texts.get(&locale));
        own.map_or_else(|| built_in(means, locale), String::as_str)
    }

    /// The notice for one refund. Without an amount `##{{amount}}` stays empty.
    pub fn notice(
        &self,
        means: PaymentMeans,
        amount: Option<Money>,
        locale: Locale,
    ) -> Result<String, VariableError> {
        let shown = amount.map(|amount| amount.show(locale)).unwrap_or_default();
        fill(self.text(means, locale), |name| {
            (name == "amount").then(|| shown.as_str().into())
        })
    }
}

/// Package, account money and cash are described in the source; what a card, a membership or
/// another means gets back differs between businesses, so they write that themselves.
fn built_in(means: PaymentMeans, locale: Locale) -> &'static str {
    match (means, locale) {
        (PaymentMeans::Package, Locale::De) => {
            "Ihnen wurde ein Guthaben gutgeschrieben. Es wurde Ihrem Paket wieder hinzugefügt."
        }
        (PaymentMeans::Package, Locale::En) => {
            "You have been credited. The credit has been added back to your package."
        }
        (PaymentMeans::AccountMoney, Locale::De) => {
            "Ihnen wurden ##{{amount}} gutgeschrieben. Der Betrag steht wieder als Guthaben auf Ihrem \
             Konto."
        }
        (PaymentMeans::AccountMoney, Locale::En) => {
            "You have been credited ##{{amount}}. The amount is back on your account."
        }
        (PaymentMeans::Cash, Locale::De) => {
            "Der Betrag wurde Ihrem Konto gutgeschrieben. Sie können ihn für künftige Buchungen \
             verwenden."
        }
        (PaymentMeans::Cash, Locale::En) => {
            "The amount has been credited to your account. You can use it for future bookings."
        }
        (
            PaymentMeans::Card
            | PaymentMeans::Membership
            | PaymentMeans::Free
            | PaymentMeans::Other,
            _,
        ) => "",
    }
}

fn serde_name(means: PaymentMeans) -> &'static str {
    match means {
        PaymentMeans::Package => "package",
        PaymentMeans::AccountMoney => "account_money",
        PaymentMeans::Cash => "cash",
        PaymentMeans::Card => "card",
        PaymentMeans::Membership => "membership",
        PaymentMeans::Free => "free",
        PaymentMeans::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Currency;

    fn amount() -> Option<Money> {
        Some(Money {
            minor: 1_850,
            currency: Currency::EUR,
        })
    }

    #[test]
    fn mo_17_the_wording_follows_what_had_paid() {
        let texts = RefundTexts::default();
        let notice = |means| texts.notice(means, amount(), Locale::De).unwrap();
        assert_eq!(
            notice(PaymentMeans::Package),
            "Ihnen wurde ein Guthaben gutgeschrieben. Es wurde Ihrem Paket wieder hinzugefügt."
        );
        assert_eq!(
            notice(PaymentMeans::AccountMoney),
            "Ihnen wurden 18,50 € gutgeschrieben. Der Betrag steht wieder als Guthaben auf Ihrem Konto."
        );
        assert_eq!(
            notice(PaymentMeans::Cash),
            "Der Betrag wurde Ihrem Konto gutgeschrieben. Sie können ihn für künftige Buchungen verwenden."
        );
    }

    #[test]
    fn mo_33_other_means_have_a_text_of_the_business_or_none() {
        let mut texts = RefundTexts::default();
        let card = |texts: &RefundTexts| {
            texts
                .notice(PaymentMeans::Card, amount(), Locale::En)
                .unwrap()
        };
        assert_eq!(card(&texts), "");
        texts.set(
            PaymentMeans::Card,
            Locale::En,
            Some("##{{amount}} go back to your card."),
        );
        assert_eq!(texts.check(), Ok(()));
        assert_eq!(card(&texts), "€18.50 go back to your card.");
        texts.set(PaymentMeans::Package, Locale::En, Some(""));
        assert_eq!(
            texts
                .notice(PaymentMeans::Package, None, Locale::En)
                .unwrap(),
            ""
        );
        texts.set(PaymentMeans::Card, Locale::En, Some("##{{amout}}"));
        let [error] = texts.check().unwrap_err().try_into().unwrap();
        assert_eq!(error.field, "refund_texts.card.en");
        assert!(error.remedy.contains("`##{{amount}}`"));
    }

    #[test]
    fn names_are_those_of_the_json() {
        for means in PaymentMeans::ALL {
            assert_eq!(
                serde_json::to_value(means).unwrap(),
                serde_name(means),
                "{means:?}"
            );
        }
    }
}
