//! May this message go to this customer? The one place that decides it, and says why.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Class, Medium, Source, Standing, State, Stoppable};
use crate::local_time::Zone;
use crate::receipt::{Gate, GateName, Reason};
use crate::rule::Purpose;

/// One message to one customer, as far as consent goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Send {
    /// How it travels.
    pub medium: Medium,
    /// What it is for.
    pub purpose: Purpose,
    /// To whom it goes, and who wants that.
    pub audience: Audience,
    /// Whether there is an address to send to.
    pub address: Address,
}

/// To whom a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// A person wrote it, and this customer is its only recipient (MO-30).
    OneToOne,
    /// A person wrote it to several.
    Group,
    /// No person wrote it.
    Automated,
}

impl Audience {
    /// That of a message a person wrote.
    #[must_use]
    pub fn of(recipients: usize) -> Self {
        if recipients == 1 {
            Self::OneToOne
        } else {
            Self::Group
        }
    }
}

/// Whether the customer has an address on the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Address {
    /// Yes.
    Known,
    /// No.
    Missing,
}

/// An address to which nothing goes any more, whoever has it. Kept by address, not by customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// On this medium.
    pub medium: Medium,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Why nothing goes to an address any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It does not exist. Customer or staff lift that when it works again.
    HardBounce,
    /// Its owner complained to their provider. Only they lift that.
    Complaint,
    /// A STOP came from it, to us or to the carrier. Only its owner lifts that.
    Stop,
    /// Its owner blocked us on the platform. Only the platform lifts that.
    Blocked,
}

impl Cause {
    /// Whether the suppression ends when this source says so.
    #[must_use]
    pub fn lifted_by(self, source: Source) -> bool {
        match self {
            Self::HardBounce => source.is_customer() || matches!(source, Source::Staff { .. }),
            Self::Complaint | Self::Stop => source.is_customer(),
            Self::Blocked => source == Source::Platform,
        }
    }

    /// Why, German and English; follows a colon.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::HardBounce => ("sie ist nicht erreichbar", "it does not exist"),
            Self::Complaint => ("jemand hat sich beschwert", "its owner complained"),
            Self::Stop => ("von dort kam STOP", "a STOP came from it"),
            Self::Blocked => ("wir sind dort blockiert", "its owner blocked us"),
        }
    }
}

/// What advertising needs, for each class of it. The owner's choice: the sources ask for a refusal
/// at most, the law of many countries for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// By e-mail.
    pub email_marketing: Basis,
    /// By SMS.
    pub sms_marketing: Basis,
    /// In messengers.
    pub chat_marketing: Basis,
}

/// What must have been said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Nothing to the contrary.
    #[default]
    Presumed,
    /// Yes.
    Agreed,
    /// Yes, and confirmed by a link sent to the address (double opt-in).
    Confirmed,
}

impl Policy {
    /// What messages of this class need.
    #[must_use]
    pub fn basis(&self, class: Class) -> Basis {
        match class {
            Class::EmailMarketing => self.email_marketing,
            Class::SmsMarketing => self.sms_marketing,
            Class::ChatMarketing => self.chat_marketing,
            Class::EmailTransactional | Class::SmsTransactional | Class::ChatTransactional => {
                Basis::Presumed
            }
        }
    }
}

/// Whether the message may go, and what that was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Every gate that was looked at, in order.
    pub gates: Vec<Gate>,
    /// Everything that stands against it, the gravest first; empty when it may go.
    pub refusals: Vec<Reason>,
}

impl Verdict {
    /// Whether the message may go.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.refusals.is_empty()
    }

    /// The gravest reason against it.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        self.refusals.first()
    }

    fn look(&mut self, gate: GateName, input: impl Into<String>, refusal: Option<Reason>) {
        self.gates.push(Gate::new(gate, refusal.is_none(), input));
        self.refusals.extend(refusal);
    }
}

/// Decides. `suppressed` is what is known of the address the message would go to.
#[must_use]
pub fn may_send(
    send: Send,
    standing: &Standing,
    suppressed: &[Suppression],
    policy: &Policy,
    zone: Zone,
) -> Verdict {
    let mut verdict = Verdict {
        gates: Vec::new(),
        refusals: Vec::new(),
    };
    let medium = send.medium;
    match send.address {
        Address::Known => verdict.look(GateName::Address, "there is an address", None),
        Address::Missing => verdict.look(
            GateName::Address,
            "there is no address",
            Some(Reason::NoAddress { medium }),
        ),
    }
    let suppressed = suppressed.iter().filter(|it| it.medium == medium);
    match suppressed.min_by_key(|it| it.since) {
        None => verdict.look(GateName::Suppression, "nothing against the address", None),
        Some(it) => verdict.look(
            GateName::Suppression,
            format!("{} (since {})", it.cause.names().1, zone.show(it.since)),
            Some(Reason::AddressSuppressed {
                cause: it.cause,
                since: it.since,
            }),
        ),
    }
    let Some(class) = Class::of(medium, send.purpose) else {
        return verdict;
    };
    let one_to_one = send.audience == Audience::OneToOne;
    stopped(&mut verdict, class, one_to_one, standing, zone);
    if one_to_one {
        let input = "the only recipient of a person's message; preferences do not count";
        verdict.look(GateName::Consent, input, None);
    } else {
        let (input, refusal) = class_consent(class, standing, policy, zone);
        verdict.look(GateName::Consent, input, refusal);
    }
    verdict
}

/// A STOP by SMS holds for every message (MO-28, MO-30, CF-01); an opt-out in a chat is about
/// automated ones, and a person may still answer there.
fn stopped(verdict: &mut Verdict, class: Class, one_to_one: bool, standing: &Standing, zone: Zone) {
    let Some(what) = class.stoppable() else {
        return;
    };
    match (standing.stopped(what), what) {
        (None, _) => verdict.look(GateName::StopWord, "not stopped", None),
        (Some(since), Stoppable::Sms) => verdict.look(
            GateName::StopWord,
            format!("STOP since {}", zone.show(since)),
            Some(what.reason(since)),
        ),
        (Some(_), Stoppable::Chat) if one_to_one => verdict.look(
            GateName::StopWord,
            "no automated messages wanted; a person wrote this one",
            None,
        ),
        (Some(since), Stoppable::Chat) => verdict.look(
            GateName::StopWord,
            format!("no automated messages wanted since {}", zone.show(since)),
            Some(what.reason(since)),
        ),
    }
}

fn class_consent(
    class: Class,
    standing: &Standing,
    policy: &Policy,
    zone: Zone,
) -> (String, Option<Reason>) {
    let name = class.names().1;
    if class == Class::ChatMarketing
        && let Some(since) = standing.marketing_stopped_at
    {
        return (
            format!("{name}: refused at the platform since {}", zone.show(since)),
            Some(Reason::MarketingRefused { since }),
        );
    }
    let basis = policy.basis(class);
    match standing.state(class) {
        State::Refused { mark } => {
            let since = mark.at;
            let refusal = Reason::ClassRefused { class, since };
            (
                format!("{name}: refused since {}", zone.show(since)),
                Some(refusal),
            )
        }
        State::Pending { mark } => {
            let since = mark.at;
            let refusal = Reason::NotConfirmed { class, since };
            (
                format!("{name}: not confirmed since {}", zone.show(since)),
                Some(refusal),
            )
        }
        State::Granted { mark } => {
            let confirmed = mark.source == Source::ConfirmationLink;
            let input = format!("{name}: agreed to on {}", zone.show(mark.at));
            let missing = basis == Basis::Confirmed && !confirmed;
            (input, missing.then_some(Reason::NoConsent { class }))
        }
        State::Unsaid => {
            let missing = basis != Basis::Presumed;
            let input = format!("{name}: nothing was said");
            (input, missing.then_some(Reason::NoConsent { class }))
        }
    }
}

/// How many of a group will receive a message, and why the others will not (MO-31).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Those who will.
    pub receive: u64,
    /// Those who will not, by the code of the gravest reason. A customer is counted once.
    pub refused: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, verdict: &Verdict) {
        match verdict.reason() {
            None => self.receive += 1,
            Some(reason) => *self.refused.entry(reason.code()).or_default() += 1,
        }
    }
}

impl<'a> FromIterator<&'a Verdict> for Tally {
    fn from_iter<T: IntoIterator<Item = &'a Verdict>>(verdicts: T) -> Self {
        let mut tally = Self::default();
        verdicts.into_iter().for_each(|verdict| tally.add(verdict));
        tally
    }
}
