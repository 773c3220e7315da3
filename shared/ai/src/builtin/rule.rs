//! What an owner's rule says: what its description takes for granted, what it leaves
//! out, and which events its stop text lists.

use std::sync::LazyLock;

use super::stems::Stems;
use super::text::{BREAK, Sentence, sentences};
use super::topics::{self, Topic};
use crate::transcript::RuleText;

#[derive(Debug)]
pub(super) struct RuleReading {
    /// An offer or a price must have been given.
    pub(super) needs_offer: bool,
    pub(super) about_offer: bool,
    pub(super) about_appointment: bool,
    /// It is about papers, pictures or data the customer is to hand in.
    pub(super) about_documents: bool,
    /// It follows a purchase, a visit or a repair.
    pub(super) after_sale: bool,
    pub(super) topics: Vec<Topic>,
    /// Stems of what "not for ..." names.
    pub(super) excluded: Vec<String>,
    pub(super) stops_on: StopsOn,
}

/// The kinds of event a stop text lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StopsOn {
    /// Booked, confirmed, accepted, bought, paid, chosen.
    pub(super) goal: bool,
    pub(super) delivered: bool,
    /// Declined, cancelled, not interested, no need, bought elsewhere.
    pub(super) refusal: bool,
    pub(super) problem: bool,
    pub(super) pleased: bool,
    pub(super) thanks: bool,
}

// Folded stems of all languages together: an owner's few words hardly collide.

static OFFER: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*angebot *angebote *angebots *kostenvoranschlag* *kostenplan* *preis* *tarif* *vergleich* *exposé* \
    *wertermittlung* quote* quotation estimate* price* offer offers proposal* plan devis \
    tarif* prix presupuesto* precio* preventivo* prezzo prezzi teklif* fiyat* brochure \
    *kalkulation* proofs",
    )
});

static GIVEN: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "erhalten erhielt bekommen bekam bekommt verschickt geschickt gesendet vorliegen \
    vorliegt hat haben offen gegeben gemacht auf nach got given sent received after our was had \
    has reçu envoyé recibió recibe recibido ricevuto inviato gönder* verdik reagiert antwortet \
    replied answered",
    )
});

static ASKED: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "gefragt fragt anfrag* angefragt asked asks wollte \
    demande* pregunt* chiede chiesto soran sorup",
    )
});

static SENT: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "erhalten bekommen bekommt verschickt geschickt gesendet \
    vorliegen offen got given sent received after reçu recibe recibió ricevuto unser our was unsere nuestro",
    )
});

static APPOINTMENT: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*termin* *uhrzeit* *besichtig* *probefahrt* *probe* *schnupper* *reservier* *tisch* appointment* \
         booking slot slots viewing trial visit* rendez rdv créneau* cita visita reserva appuntament* prova \
         prenotat* randevu*",
    )
});

static DOCUMENTS: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*unterlage* *dokument* *nachweis* *foto* *bilder* *formular* document* \
    paper* photo* picture* form note reading pièces documents documentos documenti belge* evrak* \
    *zählerstand* *liste eingereicht einreichen schicken geschickt",
    )
});

static AFTER_SALE: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*zufried* *kauf *kauf* *bewertung* *nachfragen review* happy satisf* feedback purchase* \
    achat compra acquisto satın",
    )
});

static AFTER: LazyLock<Stems> =
    LazyLock::new(|| Stems::new("nach after après después tras dopo sonra"));

static GOAL: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "gebucht bucht buchung *bestätig* *vereinbar* steht fest fix zusage zugesagt \
    *auftrag *beauftragt* erteilt angenommen annahme nimmt *abschluss* abgeschlossen *gekauft* kauf kauft kaufs \
    *bestellt* bestellung *angemeldet* anmeldung *gewählt* ausgewählt *bezahlt* *zahlung* geleistet \
    unterschrieben freigegeben abgeholt eingelöst mitglied erreicht entschieden verlängert \
    ausgemacht reserviert reservierung booked books book booking confirm* accept* \
    bought buys buy bought order* ordered purchase* signed signs sign sign-up chosen chooses \
    choose picked picks agree* agreed arranged approved approves approve enrol* paid pays pay \
    taken placed scheduled settled rejoin* rebook* collected instruct* yes place \
    réserv* confirm* accept* pris signé command* achet* inscri* reserv* compra* acept* \
    contrat* pedido hech* prenot* acquist* ordin* comprat* iscri* firmat* conferit* \
    sipariş aldı alındı alınd* onay* kesinleş* rezerv* satın verildi kabul fixed written \
    geschrieben zusagt",
    )
});

static DELIVERED: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "eingegangen eingang erhalten da vorliegt liegt vor received arrived \
    geschickt eingereicht hochgeladen delivered submitted sent reçu* recibid* ricevut* known \
    provided completed handed alındı geldi ausgefüllt in",
    )
});

static REFUSAL: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*abgesagt* absage absagt *abgelehn* lehnt ablehn* ablehnung abgewählt *interesse* \
    *bedarf* *storn* kein keine keinen nicht woanders anderswo anderweitig andere* anderer anderes \
    freigegeben released zurückgezog* zurückzieh* zieht widerruf* verworfen aufgegeben erledigt hergegeben nötig \
    gewünscht sagt ab cancel* declin* refus* reject* not no longer interest* withdraw* withdrawn \
    elsewhere other another turns turned down found against gives gave lost dont doesnt \
    refus* annul* plus ailleurs veut rechaz* cancel* interes* ya no non rifiut* annull* \
    interess* vazgeç* istem* iptal reddet* başka says say off drop* stops gone",
    )
});

static PROBLEM: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*problem* *beschwer* *reklam* *mangel* mängel complain* issue* fault* \
    wrong souci problème problema* queja sorun şikayet* unzufrieden unhappy trouble return*",
    )
});

static PLEASED: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "zufrieden *zufrieden* zufriedenheit happy satisf* content* pleased wohlauf gut \
    memnun* soddisf* satisfech* positiv* fine glücklich",
    )
});

static THANKS: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new("*dank* thank* merci remerci* gracias agradec* grazie ringrazi* teşekkür*")
});

const NOT_FOR: [&[&str]; 16] = [
    &["nicht", "bei"],
    &["nicht", "fur"],
    &["nicht", "wenn"],
    &["nicht", "an"],
    &["gilt", "nicht"],
    &["ausser"],
    &["ausgenommen"],
    &["ausnahme"],
    &["not", "for"],
    &["not", "when"],
    &["not", "if"],
    &["except"],
    &["excluding"],
    &["pas", "pour"],
    &["no", "para"],
    &["non", "per"],
];

pub(super) fn read(rule: &RuleText) -> RuleReading {
    let (description, excluded) = split_exclusion(sentences(&rule.description));
    RuleReading {
        needs_offer: OFFER.in_any(&description)
            && GIVEN.in_any(&description)
            && !only_asked_for(&description),
        about_offer: OFFER.in_any(&description),
        about_appointment: APPOINTMENT.in_any(&description),
        about_documents: DOCUMENTS.in_any(&description),
        after_sale: AFTER_SALE.in_any(&description) && AFTER.in_any(&description),
        topics: topics::topics(&description),
        excluded,
        stops_on: stops_on(&rule.stop),
    }
}

/// A stop text that names nothing known stops on everything that ends a matter.
fn stops_on(stop: &str) -> StopsOn {
    let words: Vec<String> = sentences(stop).into_iter().flat_map(|s| s.words).collect();
    let found = StopsOn {
        goal: GOAL.in_any(&words),
        delivered: DELIVERED.in_any(&words),
        refusal: REFUSAL.in_any(&words),
        problem: PROBLEM.in_any(&words),
        pleased: PLEASED.in_any(&words),
        thanks: THANKS.in_any(&words),
    };
    let any = [
        found.goal,
        found.delivered,
        found.refusal,
        found.problem,
        found.pleased,
        found.thanks,
    ];
    if !any.contains(&true) {
        StopsOn {
            goal: true,
            refusal: true,
            ..found
        }
    } else {
        found
    }
}

/// "has asked for a price" speaks of no price given.
fn only_asked_for(words: &[String]) -> bool {
    let asked = ASKED.in_any(words);
    let given = SENT.in_any(words);
    asked && !given
}

fn split_exclusion(sentences: Vec<Sentence>) -> (Vec<String>, Vec<String>) {
    let mut description = Vec::new();
    let mut excluded = Vec::new();
    for sentence in sentences {
        let cut = exclusion_start(&sentence.words).unwrap_or(sentence.words.len());
        description.extend_from_slice(&sentence.words[..cut]);
        excluded.extend(sentence.words[cut..].iter().filter_map(|word| stem(word)));
    }
    (description, excluded)
}

/// Where "not for ..." begins: at the start of a sentence or after a comma.
fn exclusion_start(words: &[String]) -> Option<usize> {
    (0..words.len()).find(|&i| {
        let at_border =
            i == 0 || words[i - 1] == BREAK || words[i] == "ausser" || words[i] == "except";
        at_border
            && NOT_FOR.iter().any(|phrase| {
                phrase
                    .iter()
                    .zip(&words[i..])
                    .filter(|(a, b)| **a == b.as_str())
                    .count()
                    == phrase.len()
            })
    })
}

/// The beginning of a word that its other forms share: "Mietanfragen" and "mieten".
fn stem(word: &str) -> Option<String> {
    const EMPTY: [&str; 24] = [
        "nicht",
        "wenn",
        "gilt",
        "ausser",
        "ausgenommen",
        "ausnahme",
        "except",
        "excluding",
        "when",
        "kunden",
        "kunde",
        "customers",
        "customer",
        "people",
        "personen",
        "leute",
        "eine",
        "einer",
        "einem",
        "those",
        "pour",
        "para",
        "anfragen",
        "requests",
    ];
    let length = word.chars().count();
    if length < 4 || EMPTY.contains(&word) {
        return None;
    }
    let keep = match length {
        4..=6 => 4,
        7..=9 => 5,
        // A German compound: its first part names the thing.
        _ => 4,
    };
    Some(word.chars().take(keep).collect())
}
