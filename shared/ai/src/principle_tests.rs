//! What the built-in decider goes by, one principle a test. The wording is our own and in no
//! judgement set.

use chrono::{DateTime, TimeDelta, Utc};

use crate::assess::{Assessment, RuleVerdict};
use crate::{Author, RuleText, Transcript, Turn, builtin};

const APPLIES: (bool, bool, bool) = (true, false, false);
const STOPS: (bool, bool, bool) = (false, true, false);
const NEITHER: (bool, bool, bool) = (false, false, false);
const OPTED_OUT: (bool, bool, bool) = (false, true, true);

const QUOTE: (&str, &str) = ("Quote sent, no word back", "Accepted or refused");
const ANGEBOT: (&str, &str) = ("Angebot verschickt, keine Antwort", "Zusage oder Absage");

/// `customer` alone answers `asked`; the answer is applies, stop, opt-out.
fn answer(rule: (&str, &str), asked: &str, customer: &str, expected: (bool, bool, bool)) {
    let messages = [(Author::Business, asked), (Author::Customer, customer)];
    check(rule, &messages, expected);
}

fn check(rule: (&str, &str), messages: &[(Author, &str)], expected: (bool, bool, bool)) {
    let assessment = assess(rule, messages);
    let verdict = &assessment.rules[0];
    assert_eq!(
        (verdict.applies, verdict.stop, assessment.opt_out),
        expected,
        "{messages:?}: {}",
        verdict.reason
    );
}

fn verdict(rule: (&str, &str), messages: &[(Author, &str)]) -> RuleVerdict {
    assess(rule, messages).rules.remove(0)
}

fn assess(rule: (&str, &str), messages: &[(Author, &str)]) -> Assessment {
    let now = DateTime::<Utc>::from_timestamp(1_790_000_000, 0).unwrap();
    let turns = messages
        .iter()
        .rev()
        .zip(1..)
        .map(|((author, text), i)| Turn {
            author: *author,
            at: now - TimeDelta::minutes(60 * i),
            text: (*text).to_owned(),
        });
    let mut turns: Vec<Turn> = turns.collect();
    turns.reverse();
    let transcript = Transcript {
        channel: "whatsapp".to_owned(),
        language: None,
        turns,
    };
    let rule = RuleText {
        id: "r".to_owned(),
        description: rule.0.to_owned(),
        stop: rule.1.to_owned(),
    };
    builtin::assess(&transcript, &[rule], now)
}

const BUSINESS: Author = Author::Business;
const CUSTOMER: Author = Author::Customer;

#[test]
fn whoever_wants_the_reminders_to_end_says_so_in_many_ways() {
    let check = |text| {
        answer(
            ANGEBOT,
            "Haben Sie sich das Angebot angesehen?",
            text,
            OPTED_OUT,
        )
    };
    check("Bitte sehen Sie davon ab, mir weitere Mails zu schicken.");
    check("Lassen Sie dies bitte die letzte Nachfrage gewesen sein.");
    check("Sie brauchen sich bei mir nicht mehr zu melden, ich bin weggezogen.");
    check("Das ist die fünfte SMS diesen Monat. Ich hätte jetzt gern meine Ruhe.");
    check("Meine Mutter ist verstorben. Bitte nehmen Sie diese Nummer aus Ihrem System.");
    check("Leute, es reicht langsam mit den Erinnerungen.");
    check("Auf weitere Kontaktaufnahmen kann ich gut verzichten.");
    check("Wir wären dankbar, wenn wir künftig nicht mehr angeschrieben würden.");
    check("Eine weitere Erinnerung ist nicht nötig.");
    check("Sparen Sie sich bitte die jährlichen Erinnerungen.");
    let check = |text| answer(QUOTE, "Hi, any thoughts on our quote?", text, OPTED_OUT);
    check("I'd appreciate it if this was the last message about it.");
    check("I've moved to Leeds so you don't need to write to me any longer.");
    check("I said no last week. I'd rather not get another one of these.");
    check("Fourth text this week. I'd like some peace now.");
    check("My father passed away. Please make sure nothing further is sent to him.");
    check("You have the wrong person. Can you take this number off your system?");
    check("Not interested, and I could do without the weekly reminders.");
    check("I won't be needing any further contact from the club.");
    check("No further reminders necessary, thank you.");
    check("Could we give these messages a rest please?");
}

#[test]
fn a_refusal_that_is_quoted_or_shown_or_meant_for_others_is_no_opt_out() {
    let check = |text, expected| answer(ANGEBOT, "Anbei das Angebot. Passt es so?", text, expected);
    check(
        "Unten fehlt noch die Zeile \"Wenn Sie keine Mails mehr möchten, klicken Sie hier\". Könnt ihr \
         die einbauen?",
        NEITHER,
    );
    check(
        "Auf dem Display steht: Sie wurden von allen Nachrichten abgemeldet. Ist das normal?",
        NEITHER,
    );
    check(
        "Im letzten Newsletter stand, dass man sich abmelden soll, wenn man umzieht. Muss ich das tun?",
        NEITHER,
    );
    check(
        "Das ist schon die dritte Mail, die ich schreibe, und ich hätte gern endlich eine Antwort!",
        NEITHER,
    );
    check(
        "Bekomme ich keine Erinnerungen mehr, wenn ich mich abmelde?",
        NEITHER,
    );
    check(
        "Der Fensterbauer schreibt mir jeden Tag, dem hab ich gesagt, er soll mich nicht mehr \
         kontaktieren. Ich muss noch mit meinem Mann sprechen.",
        APPLIES,
    );
    check(
        "Bei der alten Versicherung habe ich alles widerrufen, von denen will ich keine Post mehr. Ihr \
         Angebot sehe ich mir am Sonntag an.",
        APPLIES,
    );
    check(
        "Spart euch die Mail und ruft lieber an, wann geht es heute?",
        NEITHER,
    );
    check("Aus eurer Liste nehmen wir Nummer 4, geht das?", NEITHER);
    let check = |text, expected| answer(QUOTE, "Here's the quote. Thoughts?", text, expected);
    check(
        "Can you add 'To stop receiving these emails, click here' at the bottom?",
        NEITHER,
    );
    check(
        "I keep getting a message saying you have opted out. How do I fix it?",
        NEITHER,
    );
    check(
        "If I opt out of your texts, do I still get the invoice?",
        NEITHER,
    );
    check(
        "The other fence people kept texting so I told them to stop contacting me. Will talk to the \
         wife tonight.",
        APPLIES,
    );
    check(
        "I asked the caravan site to stop emailing me. Will read yours tonight.",
        APPLIES,
    );
    check(
        "Signed it just now, all accepted! You can stop chasing me for that :)",
        STOPS,
    );
    check(
        "We don't want any more texts from the builder so can it all go via you?",
        NEITHER,
    );
    check(
        "I don't want any message on the cake. Can it be blue instead?",
        NEITHER,
    );
    check(
        "Nothing else has been sent to me, where is my first order?",
        NEITHER,
    );
    check(
        "We'd love some peace and quiet. Is there a road nearby?",
        NEITHER,
    );
}

#[test]
fn putting_it_off_stops_a_rule_that_lists_it() {
    let de = (
        "Angebot raus, nichts gehört",
        "Zusage, Absage oder erst später",
    );
    let check = |text| answer(de, "Wie sieht es mit dem Dach aus?", text, STOPS);
    check("Den Ausbau verschieben wir aufs übernächste Jahr.");
    check("ja schön, aber wir legen das projekt jetzt erstmal auf eis");
    let en = ("quote sent, no reply", "accepts, declines or postpones");
    let check = |text| answer(en, "Any thoughts on the garden quote?", text, STOPS);
    check("We're putting it off till the spring after next I'm afraid");
    check("on hold until interest rates come down, maybe 2028");
}

#[test]
fn the_only_slot_on_offer_is_taken_in_few_words() {
    let slot = |rule, wish, offer, text| {
        check(
            rule,
            &[(CUSTOMER, wish), (BUSINESS, offer), (CUSTOMER, text)],
            STOPS,
        );
    };
    let de = ("Patient will Termin", "Termin vereinbart");
    let offer = "Guten Morgen, Montag 7:45 wäre noch frei.";
    slot(
        de,
        "hallo, krone locker, wann geht was",
        offer,
        "den nehm ich",
    );
    slot(
        de,
        "hallo, krone locker, wann geht was",
        offer,
        "schnapp ich mir 😁",
    );
    slot(de, "hallo, krone locker, wann geht was", offer, "bin dabei");
    let en = ("someone wants a slot, none agreed", "booked");
    let offer = "Hi, we could do 8.20 tomorrow.";
    slot(
        en,
        "filling fell out, when can I come",
        offer,
        "i'll grab that",
    );
    slot(
        en,
        "filling fell out, when can I come",
        offer,
        "perfect put my name on it",
    );
}

#[test]
fn the_final_number_is_what_was_waited_for() {
    let de = ("Endgültige Personenzahl fehlt", "Personenzahl genannt");
    let check = |text, expected| answer(de, "Wie viele Gäste werden es endgültig?", text, expected);
    check("43 Personen, davon 6 vegetarisch", STOPS);
    check("Die Zahl der Gäste sag ich euch nächste Woche.", APPLIES);
    let en = ("final headcount missing", "headcount given");
    let check = |text, expected| answer(en, "How many are we cooking for?", text, expected);
    check("52 in the end, 3 vegan", STOPS);
    check("I'll let you know when the RSVPs are in.", APPLIES);
}

#[test]
fn somebody_close_does_it_or_the_thing_is_gone() {
    let check = |text| answer(ANGEBOT, "Was meinen Sie zum Angebot?", text, STOPS);
    check("Mein Schwiegervater streicht jetzt doch alles. Danke für die Mühe!");
    check("ein Kumpel mit Transporter regelt das für uns");
    check("Die Wohnung ist schon weg, ging unter der Hand.");
    check("Wir haben uns getrennt, es wird keine Hochzeit geben.");
    check("Wir mussten ihn vor drei Wochen erlösen lassen.");
    let check = |text| answer(QUOTE, "Morning! Thoughts on the price?", text, STOPS);
    check("My cousin's borrowing a van so we've got it covered, cheers");
    check("father in law's doing it for beer and pizza 😄");
    check("It's gone, a guy from the marina bought it.");
    check("There isn't going to be a wedding. We ended things last week.");
    check("Sadly we lost Milo before Christmas.");
}

#[test]
fn a_no_with_a_wish_to_hear_of_other_things_is_a_no() {
    let de = (
        "Wohnung besichtigt, keine Rückmeldung",
        "bewirbt sich oder will nicht",
    );
    let text = "Schön, aber die Küche ist uns zu klein, die wird es nicht. Bei anderen gern wieder melden!";
    answer(de, "Wie hat Ihnen die Wohnung gefallen?", text, STOPS);
    let en = (
        "viewed the house, no decision",
        "offer made or not interested",
    );
    let text = "Lovely but the garden's too tiny so it's a no from us. Keep us in mind for others!";
    answer(en, "What did you think of the house?", text, STOPS);
}

#[test]
fn a_side_remark_or_a_joke_leaves_our_question_open() {
    let remark = |text| {
        answer(
            ANGEBOT,
            "Das Sofa kommt auf 1.190 €. Soll ich es bestellen?",
            text,
            APPLIES,
        )
    };
    remark("Der Hund hat gerade das alte zerlegt haha");
    remark("1.190 €?? haha, muss ich mit meiner Frau besprechen");
    let remark = |text| {
        answer(
            QUOTE,
            "The green one comes to £890. Shall I order it?",
            text,
            APPLIES,
        )
    };
    remark("haha the dog has already claimed the old one");
    remark("stop it, £890?! haha ok let me speak to my dad");
    let de = (
        "Termin gewünscht, keiner gewählt",
        "gebucht oder kein Interesse",
    );
    let asked = [
        (CUSTOMER, "wann kann ich zum tattoo kommen"),
        (BUSINESS, "Fr 12 Uhr oder Sa 15 Uhr?"),
        (
            CUSTOMER,
            "mitternacht bei vollmond 😂 quatsch, ich schau in den kalender",
        ),
    ];
    check(de, &asked, APPLIES);
    let en = ("wants slot, none picked", "booked or not interested");
    let asked = [
        (CUSTOMER, "when can you fit me in"),
        (BUSINESS, "Fri 12 or Sat 3?"),
        (
            CUSTOMER,
            "how about 3am on christmas day lol. kidding, let me look at my diary",
        ),
    ];
    check(en, &asked, APPLIES);
}

#[test]
fn half_of_what_was_asked_for_leaves_the_rest_open() {
    let papers = |rule, messages: [&str; 3]| {
        let [asked, partly, thanks] = messages;
        check(
            rule,
            &[(BUSINESS, asked), (CUSTOMER, partly), (BUSINESS, thanks)],
            APPLIES,
        );
    };
    papers(
        ("Unterlagen fehlen (Ausweis, Gehaltsnachweis)", "alles da"),
        [
            "Wir brauchen noch Ausweis und drei Gehaltsnachweise.",
            "Ausweis im Anhang, die Gehaltsnachweise muss ich erst beim Arbeitgeber anfordern.",
            "Ausweis ist da, danke.",
        ],
    );
    papers(
        ("Papers outstanding", "everything received"),
        [
            "We still need your ID and two payslips.",
            "ID attached. Payslips to come once HR sends them.",
            "Got the ID, thanks.",
        ],
    );
    let wrong_one = |rule, asked, text| {
        check(
            rule,
            &[(BUSINESS, asked), (CUSTOMER, "[photo]"), (CUSTOMER, text)],
            APPLIES,
        );
    };
    wrong_one(
        ("Foto vom Zähler fehlt", "Foto da"),
        "Bitte noch ein Foto vom Zähler.",
        "oh mist, falsches bild. das richtige kommt nachher",
    );
    wrong_one(
        ("photo of fuse box missing", "photo received"),
        "Could you send a photo of the fuse box?",
        "oops wrong one, that's my lunch. Right one coming later",
    );
}

#[test]
fn a_hold_that_waits_for_a_yes_is_no_booking() {
    let held = |rule, wish, held| check(rule, &[(CUSTOMER, wish), (BUSINESS, held)], APPLIES);
    held(
        (
            "Tischreservierung nicht bestätigt",
            "bestätigt oder storniert",
        ),
        "Habt ihr am 23. Platz für 11?",
        "Ja, 11 Plätze um 18:30 sind für Sie vorgemerkt. Bitte bestätigen Sie kurz bis Dienstag.",
    );
    held(
        ("group table not confirmed", "confirmed or cancelled"),
        "Room for 11 on the 23rd?",
        "Yes! I've booked in 11 at 6.30 for now. Please confirm by Tuesday.",
    );
}

#[test]
fn what_lies_ahead_has_not_been_and_a_mailing_asks_nobody() {
    let de = (
        "Nach der Weinprobe nachfragen, wenn noch nicht bestellt",
        "bestellt",
    );
    let ahead = "Hallo Frau Beck, wir freuen uns auf Sie morgen zur Weinprobe!";
    answer(de, ahead, "Prima, bis morgen!", NEITHER);
    let en = ("After the fitting, follow up if no order", "ordered");
    answer(
        en,
        "Hi Nina, all set for your fitting tomorrow at 3.",
        "See you then!",
        NEITHER,
    );
    check(
        (
            "Someone asked about classes and hasn't picked one",
            "signed up",
        ),
        &[(
            BUSINESS,
            "Half-term camp now booking! 3 days, £120. Early birds save 10%.",
        )],
        NEITHER,
    );
    check(
        ("Eltern haben nach dem Kurs gefragt", "angemeldet"),
        &[(
            BUSINESS,
            "Osterferien-Camp: jetzt Plätze sichern! 4 Tage, 160 €.",
        )],
        NEITHER,
    );
}

#[test]
fn thanks_meet_a_trigger_that_names_them() {
    let german = (
        "Angebot verschickt, keine Antwort",
        "wenn der Kunde sich bedankt",
    );
    for text in [
        "Vielen Dank!",
        "Danke euch 🙏",
        "Herzlichen Dank, sehr nett von Ihnen",
    ] {
        answer(german, "Anbei das Angebot über 400 €.", text, STOPS);
    }
    let english = ("Quote sent, no word back", "the customer says thanks");
    for text in ["Thank you so much!", "thanks a lot", "cheers, ta!"] {
        answer(english, "Here is your quote, £400.", text, STOPS);
    }
    answer(
        ANGEBOT,
        "Anbei das Angebot über 400 €.",
        "Vielen Dank!",
        APPLIES,
    );
}

#[test]
fn a_purchase_trigger_needs_a_purchase() {
    let german = (
        "Kunde interessiert sich für ein Produkt und meldet sich nicht",
        "wenn der Kunde gekauft hat",
    );
    let english = (
        "Interested in a product, silent since",
        "once the customer has bought",
    );
    let asked = "Der Sessel kostet 400 €. Möchten Sie am Dienstag oder Mittwoch vorbeikommen?";
    let asked_in_english = "The armchair is £400. Would you like to come on Tuesday or Wednesday?";
    for text in ["Dienstag passt", "Mittwoch komme ich gern vorbei"] {
        let messages = [(BUSINESS, asked), (CUSTOMER, text)];
        let found = verdict(german, &messages);
        assert!(!found.stop, "{text}: {}", found.reason);
    }
    for text in ["Tuesday works", "Wednesday is good for me"] {
        let messages = [(BUSINESS, asked_in_english), (CUSTOMER, text)];
        assert!(!verdict(english, &messages).stop, "{text}");
    }
    for text in [
        "Ich habe ihn gestern gekauft",
        "Hab ihn gerade bei euch bestellt und bezahlt",
    ] {
        assert!(
            verdict(german, &[(BUSINESS, asked), (CUSTOMER, text)]).stop,
            "{text}"
        );
    }
    for text in ["I bought it yesterday", "Just ordered and paid for it"] {
        let messages = [(BUSINESS, asked_in_english), (CUSTOMER, text)];
        assert!(verdict(english, &messages).stop, "{text}");
    }
}
