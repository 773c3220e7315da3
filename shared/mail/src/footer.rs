//! What stands under every mail to a customer: who wrote it, and how to hear less from them.

use domain::settings::Locale;
use serde::{Deserialize, Serialize};

use crate::kind::Audience;
use crate::link::Link;

/// The class of mail that the link in the footer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FooterClass {
    /// Confirmations, cancellations, reminders, receipts.
    Transactional,
    /// Everything else.
    Marketing,
}

/// The footer of one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Footer {
    /// To staff or the owner: nothing to unsubscribe from.
    Internal,
    /// To a customer. Without a way out no such mail can be made.
    Customer {
        /// What the way out ends.
        class: FooterClass,
        /// The way out.
        unsubscribe: Link,
        /// All choices of the customer.
        preferences: Option<Link>,
        /// The page that explains why this mail came.
        why: Option<Link>,
    },
}

impl Footer {
    /// For previews and to try a text on: what this audience would see, with links that lead nowhere.
    #[must_use]
    pub fn sample(audience: Audience) -> Self {
        if audience != Audience::Customer {
            return Self::Internal;
        }
        let link = Link::parse("https://links.example.org/00000000-0000-0000-0000-000000000000");
        let link = link.expect("an https address");
        Self::Customer {
            class: FooterClass::Transactional,
            unsubscribe: link.clone(),
            preferences: Some(link.clone()),
            why: Some(link),
        }
    }

    /// Label and address of each link.
    pub(crate) fn links(&self, locale: Locale) -> Vec<(&'static str, &Link)> {
        let Self::Customer {
            class,
            unsubscribe,
            preferences,
            why,
        } = self
        else {
            return Vec::new();
        };
        let out = match (class, locale) {
            (FooterClass::Transactional, Locale::De) => "Solche Service-E-Mails abbestellen",
            (FooterClass::Transactional, Locale::En) => "Unsubscribe from such service e-mails",
            (FooterClass::Marketing, Locale::De) => "Werbe-E-Mails abbestellen",
            (FooterClass::Marketing, Locale::En) => "Unsubscribe from marketing e-mails",
        };
        let (choices, reason) = match locale {
            Locale::De => ("Einstellungen ändern", "Warum bekomme ich diese E-Mail?"),
            Locale::En => ("Change preferences", "Why did I get this e-mail?"),
        };
        let mut links = vec![(out, unsubscribe)];
        links.extend(preferences.as_ref().map(|link| (choices, link)));
        links.extend(why.as_ref().map(|link| (reason, link)));
        links
    }
}
