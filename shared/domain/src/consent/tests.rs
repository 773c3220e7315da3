//! Examples from the requirements, and the property that nothing forbidden ever leaves.

use proptest::prelude::*;

use super::*;
use crate::fixtures::{berlin, hours, monday};
use crate::ids::{CustomerId, KeyId};
use crate::rule::Purpose;

fn staff() -> Source {
    Source::Staff {
        key: KeyId::derive(&["staff"]),
    }
}

fn import() -> Source {
    Source::Import {
        key: KeyId::derive(&["staff"]),
    }
}

/// A standing together with its ledger.
#[derive(Clone, Debug, Default)]
struct Book {
    standing: Standing,
    ledger: Vec<Entry>,
}

impl Book {
    fn say(&mut self, change: Change, source: Source) -> Result<(), Denied> {
        let at = monday() + hours(self.ledger.len() as i64);
        let shown = Some("I want this.".to_owned());
        let entry = self.standing.append(change, source, shown, at)?;
        self.ledger.push(entry);
        Ok(())
    }

    fn ask(&self, medium: Medium, purpose: Purpose, audience: Audience) -> Verdict {
        self.ask_with(medium, purpose, audience, &Policy::default())
    }

    fn ask_with(
        &self,
        medium: Medium,
        purpose: Purpose,
        audience: Audience,
        policy: &Policy,
    ) -> Verdict {
        let send = Send {
            medium,
            purpose,
            audience,
            address: Address::Known,
        };
        may_send(send, &self.standing, &[], policy, berlin())
    }

    /// The classes of which a message to a group would leave.
    fn open(&self) -> Vec<&'static str> {
        let goes = |class: &Class| {
            let (medium, purpose) = parts(*class);
            self.ask(medium, purpose, Audience::Group).allowed()
        };
        Class::ALL
            .into_iter()
            .filter(goes)
            .map(Class::as_str)
            .collect()
    }
}

fn parts(class: Class) -> (Medium, Purpose) {
    use Purpose::{Marketing, Transactional};
    match class {
        Class::EmailMarketing => (Medium::Email, Marketing),
        Class::EmailTransactional => (Medium::Email, Transactional),
        Class::SmsMarketing => (Medium::Sms, Marketing),
        Class::SmsTransactional => (Medium::Sms, Transactional),
        Class::ChatMarketing => (Medium::Chat, Marketing),
        Class::ChatTransactional => (Medium::Chat, Transactional),
    }
}

const SMS: Change = Change::Stop {
    what: Stoppable::Sms,
};
const SMS_AGAIN: Change = Change::Start {
    what: Stoppable::Sms,
};

#[test]
fn staff_switch_three_classes_off_and_on_again() {
    let switches = [
        Class::EmailMarketing,
        Class::EmailTransactional,
        Class::SmsMarketing,
    ];
    for class in switches {
        let mut book = Book::default();
        book.say(Change::Refuse { class }, staff()).unwrap();
        assert_eq!(book.open().len(), 5);
        assert!(!book.open().contains(&class.as_str()));
        book.say(Change::Restore { class }, staff()).unwrap();
        assert_eq!(book.open().len(), 6);
        let again = book.say(Change::Restore { class }, staff());
        assert_eq!(again, Err(Denied::NothingRefused));
    }
    let class = Class::SmsTransactional;
    for change in [Change::Refuse { class }, SMS] {
        let refused = Book::default().say(change, staff());
        assert_eq!(refused, Err(Denied::NoSwitch));
    }
}

#[test]
fn footer_links_end_their_own_class() {
    for class in Class::ALL.into_iter().filter(|it| it.has_footer_link()) {
        let mut book = Book::default();
        book.say(Change::Refuse { class }, Source::FooterLink)
            .unwrap();
        assert_eq!(book.open().len(), 5);
        assert!(!book.open().contains(&class.as_str()));
    }
}

#[test]
fn staff_do_not_take_back_what_the_customer_said() {
    let class = Class::EmailMarketing;
    let (off, on) = (Change::Refuse { class }, Change::Restore { class });
    // Whoever said so first, and also where the two become one later.
    for first in [staff(), Source::FooterLink] {
        for second in [staff(), import(), Source::FooterLink] {
            let own = [first, second].contains(&Source::FooterLink);
            let mut book = Book::default();
            book.say(off.clone(), first).unwrap();
            book.say(off.clone(), second).unwrap();
            let (mut one, mut other) = (Book::default(), Book::default());
            one.say(off.clone(), first).unwrap();
            other.say(off.clone(), second).unwrap();
            let from = CustomerId::derive(&["other"]);
            let standing = Box::new(other.standing);
            one.say(Change::Merge { from, standing }, Source::Merge)
                .unwrap();
            for mut book in [book, one] {
                let said = book.say(on.clone(), staff());
                let denied = own.then_some(Denied::OnlyTheCustomer);
                assert_eq!(said.err(), denied, "{first:?} {second:?}");
                book.say(on.clone(), Source::Preferences).ok();
                assert!(book.open().contains(&"email_marketing"));
            }
        }
    }
}

#[test]
fn what_a_customer_chooses_is_heard_once_and_also_where_staff_had_refused() {
    for class in Class::ALL {
        let mut book = Book::default();
        let hear = |book: &mut Book, wanted| match book.standing.hear(class, wanted) {
            Some(change) => {
                book.say(change, Source::Preferences).unwrap();
                true
            }
            None => false,
        };
        if class.has_switch() {
            book.say(Change::Refuse { class }, staff()).unwrap();
            assert!(!book.standing.lets_through(class));
        }
        assert!(hear(&mut book, Wanted::No) && !hear(&mut book, Wanted::No));
        assert!(!book.standing.lets_through(class));
        assert!(book.say(Change::Restore { class }, staff()).is_err());
        assert!(!book.open().contains(&class.as_str()));
        assert!(hear(&mut book, Wanted::Yes) && !hear(&mut book, Wanted::Yes));
        assert!(book.standing.lets_through(class));
        assert!(book.open().contains(&class.as_str()));
    }
}

#[test]
fn a_refusal_on_a_page_withdraws_what_was_asked_for_since_the_one_before() {
    let class = Class::EmailMarketing;
    let mut book = Book::default();
    let refuse = |book: &mut Book| {
        let change = book.standing.hear(class, Wanted::No).unwrap();
        book.say(change, Source::FooterLink).unwrap();
    };
    refuse(&mut book);
    book.say(Change::Ask { class }, Source::Form).unwrap();
    refuse(&mut book);
    let late = book.say(Change::Confirm { class }, Source::ConfirmationLink);
    assert_eq!(late, Err(Denied::NothingToConfirm));
    assert!(!book.open().contains(&"email_marketing"));
}

#[test]
fn a_stop_ends_all_sms_until_the_customer_starts_them_again() {
    let mut book = Book::default();
    book.say(SMS, Source::Keyword).unwrap();
    for audience in [Audience::OneToOne, Audience::Group, Audience::Automated] {
        for purpose in [Purpose::Transactional, Purpose::Marketing] {
            assert!(!book.ask(Medium::Sms, purpose, audience).allowed());
        }
    }
    for source in [staff(), import(), Source::Platform, Source::Merge] {
        assert_eq!(book.say(SMS_AGAIN, source), Err(Denied::OnlyTheCustomer));
        let class = Class::SmsMarketing;
        // No switch touches it either.
        let _ = book.say(Change::Restore { class }, source);
        let _ = book.say(Change::Grant { class }, source);
        assert!(!book.open().contains(&"sms_transactional"));
    }
    book.say(SMS_AGAIN, Source::Keyword).unwrap();
    assert_eq!(book.open().len(), 6);
}

#[test]
fn one_to_one_messages_ignore_preferences_only() {
    let mut book = Book::default();
    for class in Class::ALL.into_iter().filter(|it| it.has_switch()) {
        book.say(Change::Refuse { class }, Source::FooterLink)
            .unwrap();
    }
    assert_eq!(book.open(), ["sms_transactional", "chat_transactional"]);
    for class in Class::ALL {
        let (medium, purpose) = parts(class);
        assert!(book.ask(medium, purpose, Audience::of(1)).allowed());
        assert_eq!(
            book.ask(medium, purpose, Audience::of(2)).allowed(),
            book.open().contains(&class.as_str())
        );
    }
    assert!(
        book.ask(Medium::InApp, Purpose::Marketing, Audience::Group)
            .allowed()
    );
    // An address that bounced or complained is none for anybody.
    let suppression = Suppression {
        medium: Medium::Email,
        cause: Cause::Complaint,
        since: monday(),
    };
    let send = |medium, address| Send {
        medium,
        purpose: Purpose::Transactional,
        audience: Audience::OneToOne,
        address,
    };
    let standing = Standing::default();
    let ask = |send| {
        may_send(
            send,
            &standing,
            &[suppression],
            &Policy::default(),
            berlin(),
        )
    };
    assert!(!ask(send(Medium::Email, Address::Known)).allowed());
    assert!(ask(send(Medium::Sms, Address::Known)).allowed());
    assert!(!ask(send(Medium::Sms, Address::Missing)).allowed());
}

#[test]
fn an_import_lifts_nothing_and_confirms_nothing() {
    let class = Class::EmailMarketing;
    let mut book = Book::default();
    book.say(Change::Refuse { class }, staff()).unwrap();
    let grant = book.say(Change::Grant { class }, import());
    assert_eq!(grant, Err(Denied::RefusedBefore));
    let restore = book.say(Change::Restore { class }, import());
    assert_eq!(restore, Err(Denied::RefusedBefore));
    let mut book = Book::default();
    book.say(Change::Ask { class }, Source::Form).unwrap();
    assert!(book.say(Change::Grant { class }, import()).is_err());
    assert!(!book.open().contains(&"email_marketing"));
}

#[test]
fn a_double_opt_in_is_pending_until_it_is_confirmed() {
    let class = Class::EmailMarketing;
    let (ask, confirm) = (Change::Ask { class }, Change::Confirm { class });
    let policy = Policy {
        email_marketing: Basis::Confirmed,
        ..Policy::default()
    };
    let goes = |book: &Book| {
        let ask = book.ask_with(Medium::Email, Purpose::Marketing, Audience::Group, &policy);
        ask.allowed()
    };
    let mut book = Book::default();
    assert!(!goes(&book));
    let early = book.say(confirm.clone(), Source::ConfirmationLink);
    assert_eq!(early, Err(Denied::NothingToConfirm));
    book.say(ask.clone(), Source::Form).unwrap();
    assert!(!goes(&book));
    book.say(confirm.clone(), Source::ConfirmationLink).unwrap();
    assert!(goes(&book));
    // A refusal withdraws the request.
    let mut book = Book::default();
    book.say(ask, Source::Form).unwrap();
    book.say(Change::Refuse { class }, Source::FooterLink)
        .unwrap();
    let late = book.say(confirm, Source::ConfirmationLink);
    assert_eq!(late, Err(Denied::NothingToConfirm));
    // A single opt-in is not enough where two are asked for.
    let mut book = Book::default();
    book.say(Change::Grant { class }, Source::Form).unwrap();
    assert!(!goes(&book) && book.open().contains(&"email_marketing"));
}

#[test]
fn what_was_refused_at_the_platform_is_allowed_there_and_nowhere_else() {
    let class = Class::ChatMarketing;
    let mut book = Book::default();
    book.say(Change::Refuse { class }, Source::Platform)
        .unwrap();
    let restore = book.say(Change::Restore { class }, staff());
    assert_eq!(restore, Err(Denied::OnlyThePlatform));
    book.say(Change::Grant { class }, Source::Form).unwrap();
    assert!(!book.open().contains(&"chat_marketing"));
    book.say(Change::Restore { class }, Source::Platform)
        .unwrap();
    assert!(book.open().contains(&"chat_marketing"));
}

#[test]
fn a_group_is_counted_by_reason() {
    let mut stopped = Book::default();
    stopped.say(SMS, Source::Keyword).unwrap();
    let mut refused = Book::default();
    let class = Class::SmsMarketing;
    refused.say(Change::Refuse { class }, staff()).unwrap();
    let mut both = stopped.clone();
    both.say(Change::Refuse { class }, staff()).unwrap();
    let verdicts: Vec<_> = [&stopped, &refused, &both, &Book::default()]
        .map(|book| book.ask(Medium::Sms, Purpose::Marketing, Audience::Group))
        .into();
    insta::assert_json_snapshot!(verdicts.iter().collect::<Tally>(), @r#"
    {
      "receive": 1,
      "refused": {
        "class_refused": 1,
        "sms_stopped": 2
      }
    }
    "#);
    insta::assert_json_snapshot!("both_reasons", verdicts[2]);
}

#[test]
fn items_from_before_the_ledger_are_read_and_adopted() {
    let old = r#"{"opted_out_at":"2026-03-02T10:00:00Z","opted_in_at":"2026-02-02T10:00:00Z",
        "marketing_stopped_at":"2026-03-01T10:00:00Z"}"#;
    let old: Standing = serde_json::from_str(old).unwrap();
    assert_eq!(old.refused_since(Purpose::Transactional), old.opted_out_at);
    let mut adopted = old.clone();
    let entries = adopted.adopt();
    assert_eq!(entries.len(), 3);
    assert_eq!(verify(&entries, &adopted), Ok(()));
    assert_eq!(adopted.adopt(), []);
    adopted.head = None;
    assert_eq!(adopted, old);
    // What is new does not show in an item that says nothing about it.
    let json = serde_json::to_value(Standing::default()).unwrap();
    assert_eq!(json.as_object().unwrap().len(), 3);
}

#[test]
fn a_changed_ledger_is_found_out() {
    let mut book = Book::default();
    book.say(SMS, Source::Keyword).unwrap();
    book.say(SMS_AGAIN, Source::Keyword).unwrap();
    book.say(SMS, Source::Keyword).unwrap();
    let check = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = book.ledger.clone();
        change(&mut entries);
        verify(&entries, &book.standing)
    };
    assert_eq!(check(&|_| {}), Ok(()));
    let changed = |number| Err(Broken::Changed { number });
    let torn = |number| Err(Broken::Torn { number });
    assert_eq!(check(&|all| all[1].at = monday()), changed(2));
    assert_eq!(check(&|all| all[0].shown = None), changed(1));
    assert_eq!(check(&|all| all[0].source = staff()), changed(1));
    assert_eq!(check(&|all| drop(all.remove(1))), torn(3));
    assert_eq!(check(&|all| drop(all.remove(0))), torn(2));
    assert_eq!(check(&|all| all.swap(0, 1)), torn(2));
    assert_eq!(check(&|all| drop(all.pop())), Err(Broken::Cut));
    let mut other = book.standing.clone();
    other.sms_stopped_at = None;
    assert_eq!(verify(&book.ledger, &other), Err(Broken::OtherStanding));
}

#[test]
fn a_forged_entry_lifts_nothing() {
    let mut standing = Standing::default();
    standing
        .append(SMS, Source::Keyword, None, monday())
        .unwrap();
    let forged = Entry::chained(standing.head, SMS_AGAIN, import(), None, monday());
    standing.fold(&forged);
    assert!(standing.sms_stopped_at.is_some());
}

#[test]
fn only_their_owners_lift_what_stands_against_an_address() {
    let who = [
        Source::Form,
        staff(),
        import(),
        Source::Platform,
        Source::Merge,
    ];
    let lifted = |cause: Cause| who.map(|source| cause.lifted_by(source));
    assert_eq!(lifted(Cause::HardBounce), [true, true, false, false, false]);
    assert_eq!(lifted(Cause::Complaint), [true, false, false, false, false]);
    assert_eq!(lifted(Cause::Stop), [true, false, false, false, false]);
    assert_eq!(lifted(Cause::Blocked), [false, false, false, true, false]);
}

/// Something that happens to one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Footer(Class),
    StaffOff(Class),
    StaffOn(Class),
    ImportYes(Class),
    ImportNo(Class),
    FormYes(Class),
    Requested(Class),
    Confirmed(Class),
    PlatformNo,
    PlatformYes,
    Stop(Stoppable),
    Start(Stoppable),
    StaffStart(Stoppable),
    ImportStart(Stoppable),
    ImportOn(Class),
    StaffStopSms,
    /// The page that a link of this class leads to, or the button of a mail program.
    Link(Class),
    /// A tick on the page of preferences.
    Tick(Class, Wanted),
}

impl Event {
    fn happen(self, book: &mut Book) {
        let class = Class::ChatMarketing;
        let heard = |book: &Book, class, wanted| book.standing.hear(class, wanted);
        let (change, source) = match self {
            Self::Footer(class) => (Change::Refuse { class }, Source::FooterLink),
            Self::StaffOff(class) => (Change::Refuse { class }, staff()),
            Self::StaffOn(class) => (Change::Restore { class }, staff()),
            Self::ImportYes(class) => (Change::Grant { class }, import()),
            Self::ImportNo(class) => (Change::Refuse { class }, import()),
            Self::FormYes(class) => (Change::Grant { class }, Source::Form),
            Self::Requested(class) => (Change::Ask { class }, Source::Form),
            Self::Confirmed(class) => (Change::Confirm { class }, Source::ConfirmationLink),
            Self::PlatformNo => (Change::Refuse { class }, Source::Platform),
            Self::PlatformYes => (Change::Restore { class }, Source::Platform),
            Self::Stop(what) => (Change::Stop { what }, Source::Keyword),
            Self::Start(what) => (Change::Start { what }, Source::Keyword),
            Self::StaffStart(what) => (Change::Start { what }, staff()),
            Self::ImportStart(what) => (Change::Start { what }, import()),
            Self::ImportOn(class) => (Change::Restore { class }, import()),
            Self::StaffStopSms => (SMS, staff()),
            Self::Link(class) => match heard(book, class, Wanted::No) {
                Some(change) => (change, Source::FooterLink),
                None => return,
            },
            Self::Tick(class, wanted) => match heard(book, class, wanted) {
                Some(change) => (change, Source::Preferences),
                None => return,
            },
        };
        // What is denied leaves no trace; the oracle says whether it should have.
        let _ = book.say(change, source);
    }
}

/// The rule once more, as simply as it can be said: what stands against each class.
#[derive(Clone, Debug, Default)]
struct Oracle {
    stopped: Vec<Stoppable>,
    at_platform: bool,
    /// By staff or an import.
    refused: Vec<Class>,
    /// By the customers themselves.
    own: Vec<Class>,
    unconfirmed: Vec<Class>,
    agreed: Vec<Class>,
}

impl Oracle {
    fn happen(&mut self, event: Event) {
        let without = |list: &mut Vec<Class>, class| list.retain(|it| *it != class);
        match event {
            // Nobody else than the customer lifts a STOP, and staff have no switch for it.
            Event::StaffStart(_) | Event::ImportStart(_) | Event::StaffStopSms => {}
            // An import lifts nothing.
            Event::ImportOn(_) => {}
            Event::Stop(what) => self.stopped.push(what),
            Event::Start(what) => self.stopped.retain(|it| *it != what),
            Event::PlatformNo => self.at_platform = true,
            Event::PlatformYes => self.at_platform = false,
            // What has no switch ends with all that is like it.
            Event::Link(Class::SmsTransactional)
            | Event::Tick(Class::SmsTransactional, Wanted::No) => {
                self.stopped.push(Stoppable::Sms);
            }
            Event::Link(Class::ChatTransactional)
            | Event::Tick(Class::ChatTransactional, Wanted::No) => {
                self.stopped.push(Stoppable::Chat);
            }
            Event::Tick(Class::SmsTransactional, Wanted::Yes) => {
                self.stopped.retain(|it| *it != Stoppable::Sms);
            }
            Event::Tick(Class::ChatTransactional, Wanted::Yes) => {
                self.stopped.retain(|it| *it != Stoppable::Chat);
            }
            Event::Footer(class) | Event::Link(class) | Event::Tick(class, Wanted::No) => {
                without(&mut self.unconfirmed, class);
                self.own.push(class);
            }
            Event::StaffOff(class) | Event::ImportNo(class) => {
                without(&mut self.unconfirmed, class);
                self.refused.push(class);
            }
            // Staff take back what staff said, never what the customer did.
            Event::StaffOn(class) if self.own.contains(&class) => {}
            Event::StaffOn(class) => without(&mut self.refused, class),
            Event::ImportYes(class) => {
                if !self.refuses(class) && !self.unconfirmed.contains(&class) {
                    self.agreed.push(class);
                }
            }
            Event::Requested(class) => {
                if self.refuses(class) || !self.agreed.contains(&class) {
                    self.unconfirmed.push(class);
                }
            }
            Event::Confirmed(class) if !self.unconfirmed.contains(&class) => {}
            Event::FormYes(class) | Event::Confirmed(class) | Event::Tick(class, Wanted::Yes) => {
                without(&mut self.unconfirmed, class);
                without(&mut self.refused, class);
                without(&mut self.own, class);
                self.agreed.push(class);
            }
        }
    }

    fn refuses(&self, class: Class) -> bool {
        self.refused.contains(&class) || self.own.contains(&class)
    }

    fn merge(&mut self, mut other: Self) {
        // What one of them refused needs no confirmation of the other any more.
        self.unconfirmed.retain(|it| !other.refuses(*it));
        other.unconfirmed.retain(|it| !self.refuses(*it));
        self.stopped.append(&mut other.stopped);
        self.at_platform |= other.at_platform;
        self.refused.append(&mut other.refused);
        self.own.append(&mut other.own);
        self.agreed.append(&mut other.agreed);
        self.unconfirmed.append(&mut other.unconfirmed);
        self.unconfirmed.retain(|it| !self.agreed.contains(it));
    }

    fn forbids(&self, class: Class, audience: Audience, basis: Basis) -> bool {
        let sms = matches!(class, Class::SmsMarketing | Class::SmsTransactional);
        let chat = matches!(class, Class::ChatMarketing | Class::ChatTransactional);
        let marketing = matches!(
            class,
            Class::EmailMarketing | Class::SmsMarketing | Class::ChatMarketing
        );
        if sms && self.stopped.contains(&Stoppable::Sms) {
            return true;
        }
        if audience == Audience::OneToOne {
            return false;
        }
        let has_switch = marketing || class == Class::EmailTransactional;
        chat && self.stopped.contains(&Stoppable::Chat)
            || class == Class::ChatMarketing && self.at_platform
            || has_switch && self.refuses(class)
            || has_switch && self.unconfirmed.contains(&class) && !self.agreed.contains(&class)
            || marketing && basis == Basis::Agreed && !self.agreed.contains(&class)
    }
}

fn event() -> impl Strategy<Value = Event> {
    // Few classes, so that events meet.
    let class = || {
        let classes = [
            Class::EmailMarketing,
            Class::EmailTransactional,
            Class::SmsMarketing,
            Class::SmsTransactional,
            Class::ChatMarketing,
        ];
        proptest::sample::select(classes.to_vec())
    };
    let what = || proptest::sample::select(vec![Stoppable::Sms, Stoppable::Chat]);
    let any_class = || proptest::sample::select(Class::ALL.to_vec());
    let wanted = || proptest::sample::select(vec![Wanted::Yes, Wanted::No]);
    prop_oneof![
        class().prop_map(Event::Footer),
        class().prop_map(Event::StaffOff),
        class().prop_map(Event::StaffOn),
        class().prop_map(Event::ImportYes),
        class().prop_map(Event::ImportNo),
        class().prop_map(Event::FormYes),
        class().prop_map(Event::Requested),
        class().prop_map(Event::Confirmed),
        Just(Event::PlatformNo),
        Just(Event::PlatformYes),
        what().prop_map(Event::Stop),
        what().prop_map(Event::Start),
        what().prop_map(Event::StaffStart),
        what().prop_map(Event::ImportStart),
        class().prop_map(Event::ImportOn),
        Just(Event::StaffStopSms),
        any_class().prop_map(Event::Link),
        (any_class(), wanted()).prop_map(|(class, wanted)| Event::Tick(class, wanted)),
        (class(), wanted()).prop_map(|(class, wanted)| Event::Tick(class, wanted)),
    ]
}

/// Nothing forbidden leaves, and nothing allowed is held back.
fn check(book: &Book, oracle: &Oracle) -> Result<(), TestCaseError> {
    for basis in [Basis::Presumed, Basis::Agreed] {
        let policy = Policy {
            email_marketing: basis,
            sms_marketing: basis,
            chat_marketing: basis,
        };
        for class in Class::ALL {
            let (medium, purpose) = parts(class);
            for audience in [Audience::OneToOne, Audience::Group, Audience::Automated] {
                let verdict = book.ask_with(medium, purpose, audience, &policy);
                let forbidden = oracle.forbids(class, audience, basis);
                prop_assert_eq!(!verdict.allowed(), forbidden, "{:?} {:?}", class, audience);
                let failed = verdict.gates.iter().filter(|gate| !gate.passed).count();
                prop_assert_eq!(failed, verdict.refusals.len());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_forbidden_ever_leaves(
        before in proptest::collection::vec((any::<bool>(), event()), 0..24),
        after in proptest::collection::vec(event(), 0..12),
    ) {
        let (mut books, mut oracles) = (<[Book; 2]>::default(), <[Oracle; 2]>::default());
        for (second, event) in before {
            let who = usize::from(second);
            event.happen(&mut books[who]);
            oracles[who].happen(event);
        }
        check(&books[0], &oracles[0])?;
        let [mut book, from] = books;
        let [mut oracle, other] = oracles;
        let merge = Change::Merge {
            from: CustomerId::derive(&["other"]),
            standing: Box::new(from.standing),
        };
        book.say(merge, Source::Merge).unwrap();
        oracle.merge(other);
        check(&book, &oracle)?;
        for event in after {
            event.happen(&mut book);
            oracle.happen(event);
        }
        check(&book, &oracle)?;
        // What is stored with the customer is the fold of what was written, also after its JSON.
        let ledger = serde_json::to_string(&book.ledger).unwrap();
        let ledger: Vec<Entry> = serde_json::from_str(&ledger).unwrap();
        let standing = serde_json::to_string(&book.standing).unwrap();
        prop_assert_eq!(verify(&ledger, &serde_json::from_str(&standing).unwrap()), Ok(()));
        // Of who is erased every refusal stays, and nothing else.
        let kept = Book { standing: book.standing.refusals(), ..Book::default() };
        for class in Class::ALL {
            let (medium, purpose) = parts(class);
            let before = book.ask(medium, purpose, Audience::Group);
            let pending = matches!(before.reason(), Some(crate::receipt::Reason::NotConfirmed { .. }));
            let now = kept.ask(medium, purpose, Audience::Group);
            prop_assert!(pending || now.allowed() == before.allowed());
        }
    }
}

#[test]
fn what_was_refused_in_one_place_holds_in_the_next_unless_it_was_taken_back_since() {
    let hour = |hour: i64| Some(monday() + hours(hour));
    let place = |out: Option<i64>, back_in: Option<i64>| Standing {
        opted_out_at: out.and_then(hour),
        opted_in_at: back_in.and_then(hour),
        ..Standing::default()
    };
    for (places, refused) in [
        (vec![], None),
        (vec![place(Some(1), None)], hour(1)),
        (vec![place(Some(1), None), place(None, Some(2))], None),
        // Out, back in, and out again; in whatever order they are found.
        (vec![place(Some(1), None), place(Some(3), Some(2))], hour(3)),
        (vec![place(Some(3), Some(2)), place(Some(1), None)], hour(3)),
        // Two who were joined: one of them took back what they had said, the other did not.
        (vec![place(Some(1), Some(2))], hour(1)),
        // Back in here, and only afterwards out there.
        (vec![place(None, Some(1)), place(Some(2), None)], hour(2)),
    ] {
        assert_eq!(Standing::still_refused(&places).opted_out_at, refused);
    }
    let stopped = Standing {
        marketing_stopped_at: hour(1),
        ..Standing::default()
    };
    let kept = Standing::still_refused(&[stopped, place(None, Some(2))]);
    assert_eq!(kept.marketing_stopped_at, hour(1));
}
