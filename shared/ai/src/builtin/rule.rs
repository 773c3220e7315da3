//! What an owner's rule says: what its description takes for granted, what it leaves
//! out, and which events its stop text lists.

use std::sync::LazyLock;

use super::stems::Stems;
use super::text::{BREAK, Sentence, fold, sentences};
use super::topics::{self, Topic};
use crate::transcript::RuleText;

#[derive(Debug)]
pub(super) struct RuleReading {
    /// Something in the description says in which conversations the rule applies.
    pub(super) understood: bool,
    /// An offer or a price must have been given.
    pub(super) needs_offer: bool,
    pub(super) about_offer: bool,
    pub(super) about_appointment: bool,
    /// It speaks of customers who asked for something.
    pub(super) who_asked: bool,
    /// It is about papers, pictures or data the customer is to hand in.
    pub(super) about_documents: bool,
    /// It asks how a purchase, a visit or a repair has turned out.
    pub(super) after_sale: bool,
    /// It begins after a viewing, a trial, an appointment.
    pub(super) after_visit: bool,
    /// It begins after something that has a date.
    pub(super) after_event: bool,
    pub(super) topics: Vec<Topic>,
    /// Stems of what "not for ..." names, and of other words for it.
    pub(super) excluded: Vec<String>,
    pub(super) stops_on: StopsOn,
}

/// The kinds of event a stop text lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StopsOn {
    /// Booked, confirmed, accepted, bought, paid, chosen.
    pub(super) goal: bool,
    /// Of these a purchase or a payment.
    purchase: bool,
    /// Of these anything else.
    other_goal: bool,
    pub(super) delivered: bool,
    /// Put off to next year, paused for a term.
    pub(super) postponed: bool,
    /// Declined, cancelled, not interested, no need, bought elsewhere.
    pub(super) refusal: bool,
    pub(super) problem: bool,
    pub(super) pleased: bool,
    pub(super) thanks: bool,
    /// Thanks as such, not for one thing.
    pub(super) any_thanks: bool,
    /// Any word back: "has given feedback".
    pub(super) feedback: bool,
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

/// What owners write for the same.
static INTERESTED: LazyLock<Stems> =
    LazyLock::new(|| Stems::new("angefordert requested interesse-zeigt shows-interest"));

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

/// Other words with which people speak of an appointment.
static MEETING: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*buch* book* frei* free availab* vorbei* *komm* come coming *zeit* time times wann when uhr *kurs* \
         schedul* week* woche* morgen tomorrow *stunde* lesson* class* session* fit fits pass* treff* meet* \
         umbuch* verschieb* move date dates day days tag tage quand libre cuándo libre quando libero zaman boş",
    )
});

static DOCUMENTS: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*unterlage* *dokument* *nachweis* *foto* *bilder* *formular* document* \
    paper* photo* picture* form note reading pièces documents documentos documenti belge* evrak* \
    *zählerstand* *mappe* measurement* *maße *liste",
    )
});

/// Of an offer they say that the business has sent it.
static HANDED_IN: LazyLock<Stems> =
    LazyLock::new(|| Stems::new("eingereicht einreichen schicken geschickt"));

static PURCHASE: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new("*kauf *kaufs *einkauf purchase* sale achat* compra acquisto alışveriş")
});

/// What a purchase or a piece of work ends with.
static SALE: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*kauf *kaufs *bestellung *lieferung *versand abholung *reparatur *montage *einbau *umzug \
    abreise aufenthalt *besuch *behandlung *eingriff *operation *op purchase* buying order* sale \
    delivery repair* procedure treatment* surgery operation fitting installation check checkout order picked collected job work works visit* stay* move \
    collection pickup achat* livraison réparation séjour visite compra* entrega reparación estancia \
    acquisto consegna riparazione soggiorno visita satın alışveriş teslimat tamir ziyaret",
    )
});

/// What one wants to know when all is done.
static CARE: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*zufried* *bewert* *feedback* *rückmeld* *ordnung* geschmeckt gefallen gefällt alles-passt everything-fine everything-ok everything-well all-fine how-feel* how-they how-was how-went wie-fühl* wie-läuft \
    alles-gut gut-läuft alles-läuft ob-läuft ob-funktioniert gut-sitz* wie-geht fragen-ob happy satisf* review* rate check-in like* enjoy* \
    alright ok satisfait* content* avis plu opinión recomend* contento* soddisf* recension* memnun* yorum*",
    )
});

/// Other things with a date.
static EVENT: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*tasting *fitting *anprobe* *workshop* *kurs *beratung* consultation* survey* lesson* class* \
         session* event* *veranstaltung* *treffen meeting* *gespräch* *fahrt drive *verkostung* demo*",
    )
});

static NUMBERS: LazyLock<Stems> =
    LazyLock::new(|| Stems::new("*zahl *zahlen *anzahl numbers headcount count"));

static POSTPONED: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*verschieb* *verschoben* *vertag* *später* *pausier* aussetz* *setzt-aus *jahr postpon* next-year \
         later on-hold paus* sits-out sitting-out put-off delay* term season",
    )
});

static ASKS: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "ask check find-out frag* *fragen nachhaken nachhören erkundig* wissen demander \
    preguntar chiedere sor",
    )
});

static AFTER: LazyLock<Stems> =
    LazyLock::new(|| Stems::new("nach after following après después tras dopo sonra"));

/// "nach einem Termin fragen" is not "nach einem Termin".
static FOR: LazyLock<Stems> =
    LazyLock::new(|| Stems::new("frag* gefragt* anfrag* *such* erkundig* zufried* verlang*"));

/// A decision either way.
static DECISION: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "entschieden entscheidet *entscheidung decided decides decision *antwort geantwortet reagiert \
    answered replied responded reacted décidé décision decidido decisión deciso decisione karar*",
    )
});

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
    geschrieben zusagt \
    fertig gelöst geklärt *einig* *zugestimmt* unterzeichn* eingecheckt eingeschrieben *fix* mitmacht dabei geantwortet \
    made applied applies apply joins joined starts started enrolled registered registers renewed renews subscribed checks-out completes \
    proceeds hired instructs returned date-agreed rdv-pris rendez-vous matricul* apunt* contratad* confermat* \
    iscritt* accettat* kayıt üye tamam*",
    )
});

/// Of the goals those that cost money.
static BOUGHT: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*gekauft* kauf kauft kaufs *bezahlt* *zahlung* bought buys buy purchase* paid pays pay payment \
    achet* achat* compra* comprat* acquist* satın",
    )
});

static DELIVERED: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "eingegangen eingang erhalten da vorliegt liegt vor received arrived \
    geschickt eingereicht hochgeladen delivered submitted sent reçu* recibid* ricevut* known \
    provided completed handed alındı geldi ausgefüllt in \
    abgegeben vollständig zurück retour fotos unterlagen hochgeladen ausgefüllt nachgereicht uploaded filled returned supplied \
    provided complet* remis transmis entregad* enviad* consegnat* inviat* teslim gönderdi",
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
    interess* vazgeç* istem* iptal reddet* başka says say off drop* stops gone \
    *ausgeschlagen ausschlägt *verzicht* verworfen *desinteresse* raus abgesprungen abspringt gekündigt kündigt \
    *kündigung* beendet entfallen entfällt ausgestiegen verweigert passt möchte will wollen abgebrochen abbruch \
    weg verloren verkauft zurückgegeben leaving leaves left quits quit passes pass stopped ended called-off \
    fell-through withdrew abandon* dropped unwanted unneeded moved else stay* keeps abandonn* renonc* décliné* \
    refusé* annulé* sans-suite renunci* descart* abandon* baja rinunc* rinuncia* declin* disdett* altrove \
    *miyor *mıyor istem* başkas* gerek-yok",
    )
});

static PROBLEM: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*problem* *beschwer* *reklam* *mangel* mängel complain* issue* fault* \
    wrong souci problème problema* queja sorun şikayet* unzufrieden unhappy trouble return* \
    defekt kaputt unhappy unwell broken complains defect* bozuk arıza* guasto avería panne",
    )
});

static PLEASED: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "zufrieden *zufrieden* zufriedenheit happy satisf* content* pleased wohlauf gut \
    memnun* soddisf* satisfech* positiv* fine glücklich works working alright well läuft funktioniert \
    bestens",
    )
});

static THANKS: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new("*dank* thank* merci remerci* gracias agradec* grazie ringrazi* teşekkür*")
});

/// "thanks us for the follow-up" is more than a polite word.
static FOR_SOMETHING: LazyLock<Stems> =
    LazyLock::new(|| Stems::new("=für =for =pour =por =per =için"));

static FEEDBACK: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*rückmeld* feedback geantwortet antwort gemeldet meldet äußert geäußert *bewert* reported-back \
    replied answered responded told tells said-how review* reply retour avis répondu opinión respondido contestado \
    risposto recensione yorum cevap",
    )
});

/// In which conversations, where no matter is named: who is silent, who wants, has done or has not
/// done something, or simply everybody.
static SITUATION: LazyLock<Stems> = LazyLock::new(|| {
    Stems::new(
        "*antwort* *meld* *reagier* *reaktion* schreib* schrieb* geschrieben *still *stille *schweig* verstumm* *ruhig* \
        ghost* silen* quiet* *reply* *replied* *replies* *respon* react* answer* unanswered word hear* heard stall* \
        inactiv* inaktiv* idle dormant back abgebroch* abbruch* verlassen versand* offen* ausstehend* aussteht *steh* \
        drop* abandon* left leaves leaving open outstanding pending unfinished incomplete waiting await* wart* \
        *interess* *interest* *lead *leads prospect* *anfrag* *frag* inquir* enquir* ask* request* question* contact* \
        *kontakt* want* wish* like* look* search* seek* need* braucht* brauch* möcht* *will wollen wollt* wünsch* *such* \
        *überleg* *zöger* think* consider* hesitat* unsure undecided unsicher unentschlossen entscheid* decid* *schluss* \
        *bestell* order* *buy* *bought* *kauf* *zahl* *bezahl* pay* paid unpaid invoice* *rechnung* bill* sign* \
        *unterschr* *unterzeichn* *vertrag* contract* agree* *anmeld* *angemeld* regist* enrol* *abo subscri* trial* \
        *besuch* visit* *kündig* cancel* *storn* *ablehn* *abgelehn* declin* *bestätig* confirm* *erschein* *erschien* \
        no-show noshow miss* verpasst* *wiederkomm* return* lapsed former ehemalig* stamm* regular* neukund* \
        sag* sagt* said says tell* told lass* liegen \
         noch-nicht noch-kein* hat-nicht haben-nicht nicht-konnte* nicht-wurde* weder not-yet has-not have-not \
         hasnt havent didnt nothing-yet neither without-have \
         all alle allen jede* jeder every* any* always immer whenever stets grundsätzlich \
        répon* relanc* intéress* demand* cherch* souhait* veut veulent tous toute* toujours silenc* attend* \
        respond* contest* interesad* pregunt* busc* quier* todos todas siempre escrib* \
        rispond* interessat* chied* chiest* cerca* vuole vogliono tutti sempre scriv* silenzi* \
        cevap* yanıt* ilgilen* sor* iste* sessiz* herkes* tüm yaz*",
    )
});

/// Whether any of these words says in which conversations a rule applies.
fn says_when(words: &[String]) -> bool {
    let known: [&Stems; 18] = [
        &SITUATION,
        &OFFER,
        &ASKED,
        &SENT,
        &APPOINTMENT,
        &MEETING,
        &DOCUMENTS,
        &HANDED_IN,
        &PURCHASE,
        &SALE,
        &CARE,
        &ASKS,
        &DECISION,
        &GOAL,
        &PROBLEM,
        &PLEASED,
        &THANKS,
        &FEEDBACK,
    ];
    known.iter().any(|stems| stems.in_any(words)) || !topics::topics(words).is_empty()
}

const NOT_FOR: [&[&str]; 26] = [
    // Folded: "oe" is "o".
    &["dos", "not", "apply"],
    &["dosnt", "apply"],
    &["not", "with"],
    &["not", "about"],
    &["nicht", "gedacht"],
    &["nicht", "aber"],
    &["sauf"],
    &["excepto"],
    &["salvo"],
    &["tranne"],
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
        understood: is_understood(&rule.description),
        needs_offer: OFFER.in_any(&description)
            && GIVEN.in_any(&description)
            && !only_asked_for(&description),
        about_offer: OFFER.in_any(&description),
        about_appointment: APPOINTMENT.in_any(&description),
        who_asked: ASKED.in_any(&description) || INTERESTED.in_any(&description),
        about_documents: DOCUMENTS.in_any(&description)
            || HANDED_IN.in_any(&description) && !OFFER.in_any(&description),
        after_sale: is_after_sale(&description),
        after_visit: follows(&description, &APPOINTMENT),
        after_event: follows(&description, &APPOINTMENT) || follows(&description, &EVENT),
        topics: topics::topics(&description),
        excluded: with_kin(excluded),
        stops_on: stops_on(&rule.stop),
    }
}

/// Whether a description says in which conversations its rule applies, in words that are known here.
pub(super) fn is_understood(description: &str) -> bool {
    let (description, excluded) = split_exclusion(sentences(description));
    says_when(&description) || !excluded.is_empty()
}

/// Whether these words can be about an appointment at all.
pub(super) fn speak_of_appointment(words: &[String]) -> bool {
    APPOINTMENT.in_any(words) || MEETING.in_any(words)
}

fn is_after_sale(words: &[String]) -> bool {
    let asks = ASKS.in_any(words);
    let cares = CARE.in_any(words);
    follows(words, &PURCHASE)
        || (asks || cares) && follows(words, &SALE)
        || asks && cares && !OFFER.in_any(words)
}

/// "after" with an event right behind it.
fn follows(words: &[String], event: &Stems) -> bool {
    words.iter().enumerate().any(|(i, word)| {
        let rest = &words[i + 1..];
        let near = &rest[..rest.len().min(4)];
        AFTER.in_any(std::slice::from_ref(word))
            && near.iter().enumerate().any(|(at, next)| {
                let behind = rest.get(at + 1).map_or(&[][..], std::slice::from_ref);
                event.in_any(std::slice::from_ref(next)) && !FOR.in_any(behind)
            })
    })
}

/// What a stop text lists, alternative by alternative. One that names nothing known is taken
/// for whatever ends a matter.
fn stops_on(stop: &str) -> StopsOn {
    let mut stops = StopsOn::default();
    let mut listed = false;
    for sentence in sentences(stop) {
        for alternative in sentence.words.split(|word| is_joiner(word)) {
            if alternative.iter().any(|word| !says_nothing(word)) {
                stops.add(alternative);
                listed = true;
            }
        }
    }
    if !listed {
        stops.add(&[]);
    }
    stops
}

impl StopsOn {
    /// The goal is that something was bought or paid for, and nothing less.
    pub(super) fn only_a_purchase(self) -> bool {
        self.purchase && !self.other_goal
    }

    fn add(&mut self, alternative: &[String]) {
        let decided = DECISION.in_any(alternative);
        let bought = BOUGHT.in_any(alternative);
        let events = [
            (&mut self.goal, decided || GOAL.in_any(alternative)),
            (&mut self.purchase, bought),
            (
                &mut self.other_goal,
                decided || GOAL.in_any(alternative) && !bought,
            ),
            (&mut self.refusal, decided || REFUSAL.in_any(alternative)),
            (
                &mut self.delivered,
                DELIVERED.in_any(alternative) || NUMBERS.in_any(alternative),
            ),
            (&mut self.postponed, POSTPONED.in_any(alternative)),
            (&mut self.problem, PROBLEM.in_any(alternative)),
            (&mut self.pleased, PLEASED.in_any(alternative)),
            (&mut self.thanks, THANKS.in_any(alternative)),
            (
                &mut self.any_thanks,
                THANKS.in_any(alternative) && !FOR_SOMETHING.in_any(alternative),
            ),
            (&mut self.feedback, FEEDBACK.in_any(alternative)),
        ];
        let mut known = false;
        for (stops, named) in events {
            *stops |= named;
            known |= named;
        }
        self.goal |= !known;
        self.refusal |= !known;
        self.delivered |= !known;
    }
}

fn is_joiner(word: &str) -> bool {
    const JOINERS: [&str; 8] = [BREAK, "or", "oder", "ou", "o", "veya", "ya", "bzw"];
    JOINERS.contains(&word)
}

/// "Stoppen, wenn ...": words that frame the alternatives.
fn says_nothing(word: &str) -> bool {
    const FRAME: [&str; 18] = [
        "stop", "stopp", "stoppen", "stops", "if", "when", "once", "as", "soon", "wenn", "sobald",
        "falls", "der", "die", "kunde", "customer", "the", "they",
    ];
    FRAME.contains(&word)
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

/// Words for one thing, so that "not for weddings" leaves "we marry in May" out.
const KIN: [&str; 6] = [
    "wedding marry married marriage bride groom hochzeit heirat braut brautpaar trauung standesamt \
     mariage boda matrimonio sposi düğün",
    "reklam beschwer complaint mangel mängel defekt kaputt broken faulty",
    "firma firmen unternehmen gmbh company companies business corporate entreprise empresa azienda",
    "miete mieten mietanfrage vermiet rent rental renting tenant location",
    "notfall notfälle emergenc urgent urgence",
    "kind kinder child children kids enfant niños bambin",
];

fn with_kin(mut excluded: Vec<String>) -> Vec<String> {
    for group in KIN {
        let group = fold(group);
        let kin = || group.split_whitespace();
        if excluded
            .iter()
            .any(|stem| kin().any(|word| word.starts_with(stem.as_str())))
        {
            excluded.extend(kin().map(str::to_owned));
        }
    }
    excluded
}

/// Where "not for ..." begins: at the start of a sentence or after a comma.
fn exclusion_start(words: &[String]) -> Option<usize> {
    (0..words.len()).find(|&i| {
        const OPENERS: [&str; 8] = [BREAK, "aber", "jedoch", "but", "mais", "pero", "ma", "und"];
        const BARE: [&str; 6] = ["ausser", "except", "sauf", "excepto", "salvo", "tranne"];
        let at_border =
            i == 0 || OPENERS.contains(&words[i - 1].as_str()) || BARE.contains(&words[i].as_str());
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
    const EMPTY: [&str; 32] = [
        "dos",
        "apply",
        "applies",
        "meant",
        "about",
        "with",
        "gedacht",
        "sauf",
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
