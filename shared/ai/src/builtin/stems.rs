//! Lists of word stems, for asking whether any of them is among some words.
//!
//! All lists are looked up at once, the first time that a word is asked about.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::pattern::Word;
use super::text::{Token, fold};
use super::topics::{self, Topic};
use super::vocabulary::Vocabulary;

/// What the stems of a list have in common. Of all languages together: an owner's few words
/// hardly collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Offer,
    Given,
    Asked,
    Interested,
    Sent,
    Appointment,
    Meeting,
    Documents,
    HandedIn,
    Purchase,
    Sale,
    Care,
    Event,
    Numbers,
    Postponed,
    Asks,
    After,
    For,
    Decision,
    Goal,
    Bought,
    Delivered,
    Refusal,
    Problem,
    Pleased,
    Thanks,
    ForSomething,
    Feedback,
    Situation,
    Shown,
    SomebodyElse,
    SpeaksToUs,
    AlreadyDone,
    ToldSomebody,
    AboutOneThing,
    AtCertainHours,
    ToOneAddress,
    ConfirmedToThem,
    CanAskForIt,
    OnCondition,
    OurMessages,
    Served,
    AsksNumber,
    AsksPrice,
    ToCome,
}

const LISTS: usize = TABLE.len();

impl List {
    pub(super) fn in_any(self, words: &[Token]) -> bool {
        Members::of(words).has_any_of(self as usize)
    }
}

/// Which lists some words are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Members([u64; Members::WIDTH]);

impl Members {
    const WIDTH: usize = 8;

    pub(super) fn of_word(word: &str) -> Members {
        let known = &*KNOWN;
        let mut members = Members::default();
        known
            .vocabulary
            .matches(word, |index| members.add(known.members[index]));
        members
    }

    pub(super) fn of(words: &[Token]) -> Members {
        let mut members = Members::default();
        words.iter().for_each(|word| members.add(word.members()));
        members
    }

    pub(super) fn has_any_of_topic(self, topic: Topic) -> bool {
        self.has_any_of(LISTS + topic as usize)
    }

    fn has_any_of(self, list: usize) -> bool {
        let together = &KNOWN.together[list];
        self.has(list)
            || together
                .iter()
                .any(|parts| parts.iter().all(|part| self.has(*part)))
    }

    fn add(&mut self, others: Members) {
        for (all, more) in self.0.iter_mut().zip(others.0) {
            *all |= more;
        }
    }

    fn has(self, bit: usize) -> bool {
        self.0[bit / 64] >> (bit % 64) & 1 == 1
    }

    fn set(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }
}

struct Known {
    vocabulary: Vocabulary,
    /// Of each word of the vocabulary.
    members: Vec<Members>,
    /// By list, what it has only where all of several words are there; each of them is a member
    /// of a list of its own.
    together: Vec<Vec<Vec<usize>>>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let lists = TABLE.iter().map(|(list, stems)| (*list as usize, *stems));
    let topics = topics::STEMS
        .iter()
        .map(|(topic, stems)| (LISTS + *topic as usize, *stems));
    let mut next = LISTS + topics::STEMS.len();
    let mut words = Vec::new();
    let mut members = Vec::new();
    let mut together = vec![Vec::new(); next];
    let mut add = |stem: &str, list: usize| {
        let mut member = Members::default();
        member.set(list);
        words.push(Word::new(stem));
        members.push(member);
    };
    let folded: Vec<(usize, String)> = lists
        .chain(topics)
        .map(|(list, stems)| (list, fold(stems)))
        .collect();
    let mut lists_of_parts = HashMap::new();
    for (list, stems) in &folded {
        let list = *list;
        for stem in stems.split_whitespace() {
            if !stem.contains('-') {
                add(stem, list);
                continue;
            }
            let part = |part| {
                *lists_of_parts.entry(part).or_insert_with(|| {
                    next += 1;
                    add(part, next - 1);
                    next - 1
                })
            };
            together[list].push(stem.split('-').map(part).collect());
        }
    }
    Known {
        vocabulary: Vocabulary::new(words),
        members,
        together,
    }
});

/// Written as words with blanks between; `*` and `=` as in a pattern. `a-b` needs both words,
/// anywhere.
const TABLE: [(List, &str); 45] = [
    (
        List::Offer,
        "*angebot *angebote *angebots *kostenvoranschlag* *kostenplan* *preis* *tarif* *vergleich* \
         *exposé* *wertermittlung* quote* quotation estimate* price* offer offers proposal* plan devis \
         tarif* prix presupuesto* precio* preventivo* prezzo prezzi teklif* fiyat* brochure *kalkulation* \
         proofs",
    ),
    (
        List::Given,
        "erhalten erhielt bekommen bekam bekommt verschickt geschickt gesendet vorliegen vorliegt hat \
         haben offen gegeben gemacht auf nach got given sent received after our was had has reçu envoyé \
         recibió recibe recibido ricevuto inviato gönder* verdik reagiert antwortet replied answered",
    ),
    (
        List::Asked,
        "gefragt fragt anfrag* angefragt asked asks wollte demande* pregunt* chiede chiesto soran sorup",
    ),
    // What owners write for the same.
    (
        List::Interested,
        "angefordert requested interesse-zeigt shows-interest",
    ),
    (
        List::Sent,
        "erhalten bekommen bekommt verschickt geschickt gesendet vorliegen offen got given sent received \
         after reçu recibe recibió ricevuto unser our was unsere nuestro",
    ),
    (
        List::Appointment,
        "*termin* *uhrzeit* *besichtig* *probefahrt* *probe* *schnupper* *reservier* *tisch* appointment* \
         booking slot slots viewing trial visit* rendez rdv créneau* cita visita reserva appuntament* \
         prova prenotat* randevu*",
    ),
    // Other words with which people speak of an appointment.
    (
        List::Meeting,
        "*buch* book* frei* free availab* vorbei* *komm* come coming *zeit* time times wann when uhr \
         *kurs* schedul* week* woche* morgen tomorrow *stunde* lesson* class* session* fit fits pass* \
         treff* meet* umbuch* verschieb* move date dates day days tag tage quand libre cuándo libre \
         quando libero zaman boş",
    ),
    (
        List::Documents,
        "*unterlage* *dokument* *nachweis* *foto* *bilder* *formular* document* paper* photo* picture* \
         form note reading pièces documents documentos documenti belge* evrak* *zählerstand* *mappe* \
         measurement* *maße *liste",
    ),
    // Of an offer they say that the business has sent it.
    (List::HandedIn, "eingereicht einreichen schicken geschickt"),
    (
        List::Purchase,
        "*kauf *kaufs *einkauf purchase* sale achat* compra acquisto alışveriş",
    ),
    // What a purchase or a piece of work ends with.
    (
        List::Sale,
        "*kauf *kaufs *bestellung *lieferung *versand abholung *reparatur *montage *einbau *umzug abreise \
         aufenthalt *besuch *behandlung *eingriff *operation *op purchase* buying order* sale delivery \
         repair* procedure treatment* surgery operation fitting installation check checkout order picked \
         collected job work works visit* stay* move collection pickup achat* livraison réparation séjour \
         visite compra* entrega reparación estancia acquisto consegna riparazione soggiorno visita satın \
         alışveriş teslimat tamir ziyaret",
    ),
    // What one wants to know when all is done.
    (
        List::Care,
        "*zufried* *bewert* *feedback* *rückmeld* *ordnung* geschmeckt gefallen gefällt alles-passt \
         everything-fine everything-ok everything-well all-fine how-feel* how-they how-was how-went \
         wie-fühl* wie-läuft alles-gut gut-läuft alles-läuft ob-läuft ob-funktioniert gut-sitz* wie-geht \
         fragen-ob happy satisf* review* rate check-in like* enjoy* alright ok satisfait* content* avis \
         plu opinión recomend* contento* soddisf* recension* memnun* yorum*",
    ),
    // Other things with a date.
    (
        List::Event,
        "*tasting *fitting *anprobe* *workshop* *kurs *beratung* consultation* survey* lesson* class* \
         session* event* *veranstaltung* *treffen meeting* *gespräch* *fahrt drive *verkostung* demo*",
    ),
    (
        List::Numbers,
        "*zahl *zahlen *anzahl numbers headcount count",
    ),
    (
        List::Postponed,
        "*verschieb* *verschoben* *vertag* *später* *pausier* aussetz* *setzt-aus *jahr postpon* \
         next-year later on-hold paus* sits-out sitting-out put-off delay* term season",
    ),
    (
        List::Asks,
        "ask check find-out frag* *fragen nachhaken nachhören erkundig* wissen demander preguntar \
         chiedere sor",
    ),
    (
        List::After,
        "nach after following après después tras dopo sonra",
    ),
    // "nach einem Termin fragen" is not "nach einem Termin".
    (
        List::For,
        "frag* gefragt* anfrag* *such* erkundig* zufried* verlang*",
    ),
    // A decision either way.
    (
        List::Decision,
        "entschieden entscheidet *entscheidung decided decides decision *antwort geantwortet reagiert \
         answered replied responded reacted décidé décision decidido decisión deciso decisione karar*",
    ),
    (
        List::Goal,
        "=sagt-=zu saacht-=zu =sagen-=zu stimmt-=zu stimmen-=zu zustimmt zusagen gemacht vertrag-geschlossen go-ahead *beauftrag* *freigabe* gibt-frei took wants-it will-kaufen ausgesucht auswahl job-given voucher-used commissioned extended *unterschrift unterschreibt geleast lässt-reparieren machen-lassen =ja stehen held gebucht bucht buchung *bestätig* *vereinbar* steht fest fix zusage zugesagt *auftrag \
         *beauftragt* erteilt angenommen annahme nimmt *abschluss* abgeschlossen *gekauft* kauf kauft \
         kaufs *bestellt* bestellung *angemeldet* anmeldung *gewählt* ausgewählt *bezahlt* *zahlung* \
         gezahlt geld kohle betrag *überwies* *überweis* beglichen geleistet unterschrieben freigegeben abgeholt eingelöst mitglied erreicht entschieden verlängert \
         ausgemacht reserviert reservierung booked books book booking confirm* accept* bought buys buy \
         bought order* ordered purchase* signed signs sign sign-up chosen chooses choose picked picks \
         agree* agreed arranged approved approves approve enrol* paid pays pay taken placed scheduled \
         settled rejoin* rebook* collected instruct* yes place réserv* confirm* accept* pris signé \
         command* achet* inscri* reserv* compra* acept* contrat* pedido hech* prenot* acquist* ordin* \
         comprat* iscri* firmat* conferit* sipariş aldı alındı alınd* onay* kesinleş* rezerv* satın \
         verildi kabul fixed written geschrieben zusagt fertig gelöst geklärt *einig* *zugestimmt* \
         unterzeichn* eingecheckt eingeschrieben *fix* mitmacht dabei geantwortet made applied applies \
         apply joins joined starts started enrolled registered registers renewed renews subscribed \
         checks-out completes proceeds hired instructs returned date-agreed rdv-pris rendez-vous \
         matricul* apunt* contratad* confermat* iscritt* accettat* kayıt üye tamam*",
    ),
    // Of the goals those that cost money.
    (
        List::Bought,
        "*gekauft* kauf kauft kaufs *bezahlt* *zahlung* gezahlt geld kohle betrag *überwies* *überweis* beglichen bought buys buy purchase* paid pays pay payment \
         achet* achat* compra* comprat* acquist* satın",
    ),
    (
        List::Delivered,
        "beantwortet geliefert durchgegeben vorgelegt eingetroffen mitgeteilt genannt angegeben form-back eingegangen eingang erhalten da vorliegt liegt vor received arrived geschickt eingereicht \
         hochgeladen delivered submitted sent reçu* recibid* ricevut* known provided completed handed \
         alındı geldi ausgefüllt in abgegeben vollständig zurück retour fotos unterlagen hochgeladen \
         ausgefüllt nachgereicht uploaded filled returned supplied provided complet* remis transmis \
         entregad* enviad* consegnat* inviat* teslim gönderdi",
    ),
    (
        List::Refusal,
        "fällt-=aus fällt-ins abgeblasen hört-=auf verstorben =tot died passed-away pulled-out pulls-out forget binned =nein teuer ruled-out vom-tisch gewechselt wechselt changed gone-off cant-come notice-given dagegen gestrichen geplatzt *abgesagt* absage absagt *abgelehn* lehnt ablehn* ablehnung abgewählt *interesse* *bedarf* \
         *storn* kein keine keinen nicht woanders anderswo anderweitig andere* anderer anderes \
         freigegeben released zurückgezog* zurückzieh* zieht widerruf* verworfen aufgegeben erledigt \
         hergegeben nötig gewünscht sagt ab cancel* declin* refus* reject* not no longer interest* \
         withdraw* withdrawn elsewhere other another turns turned down found against gives gave lost dont \
         doesnt refus* annul* plus ailleurs veut rechaz* cancel* interes* ya no non rifiut* annull* \
         interess* vazgeç* istem* iptal reddet* başka says say off drop* stops gone *ausgeschlagen \
         ausschlägt *verzicht* verworfen *desinteresse* raus abgesprungen abspringt gekündigt kündigt \
         *kündigung* beendet entfallen entfällt ausgestiegen verweigert passt möchte will wollen \
         abgebrochen abbruch weg verloren verkauft zurückgegeben leaving leaves left quits quit passes \
         pass stopped ended called-off fell-through withdrew abandon* dropped unwanted unneeded moved \
         else stay* keeps abandonn* renonc* décliné* refusé* annulé* sans-suite renunci* descart* \
         abandon* baja rinunc* rinuncia* declin* disdett* altrove *miyor *mıyor istem* başkas* gerek-yok",
    ),
    (
        List::Problem,
        "*problem* *beschwer* *reklam* *mangel* mängel complain* issue* fault* wrong souci problème \
         problema* queja sorun şikayet* unzufrieden unhappy trouble return* defekt kaputt unhappy unwell \
         broken complains defect* bozuk arıza* guasto avería panne",
    ),
    (
        List::Pleased,
        "zufrieden *zufrieden* zufriedenheit happy satisf* content* pleased wohlauf gut memnun* soddisf* \
         satisfech* positiv* fine glücklich works working alright well läuft funktioniert bestens",
    ),
    (
        List::Thanks,
        "*dank* thank* merci remerci* gracias agradec* grazie ringrazi* teşekkür*",
    ),
    // "thanks us for the follow-up" is more than a polite word.
    (List::ForSomething, "=für =for =pour =por =per =için"),
    (
        List::Feedback,
        "beantwortet berichtet *rückmeld* feedback geantwortet antwort gemeldet meldet äußert geäußert *bewert* reported-back \
         replied answered responded told tells said-how review* reply retour avis répondu opinión \
         respondido contestado risposto recensione yorum cevap",
    ),
    // In which conversations, where no matter is named: who is silent, who wants, has done or has not
    // done something, or simply everybody.
    (
        List::Situation,
        "*antwort* *meld* *reagier* *reaktion* schreib* schrieb* geschrieben *still *stille *schweig* \
         verstumm* *ruhig* ghost* silen* quiet* *reply* *replied* *replies* *respon* react* answer* \
         unanswered word hear* heard stall* inactiv* inaktiv* idle dormant back abgebroch* abbruch* \
         verlassen versand* offen* ausstehend* aussteht *steh* drop* abandon* left leaves leaving open \
         outstanding pending unfinished incomplete waiting await* wart* *interess* *interest* *lead \
         *leads prospect* *anfrag* *frag* inquir* enquir* ask* request* question* contact* *kontakt* \
         want* wish* like* look* search* seek* need* braucht* brauch* möcht* *will wollen wollt* wünsch* \
         *such* *überleg* *zöger* think* consider* hesitat* unsure undecided unsicher unentschlossen \
         entscheid* decid* *schluss* *bestell* order* *buy* *bought* *kauf* *zahl* *bezahl* pay* paid \
         unpaid invoice* *rechnung* bill* sign* *unterschr* *unterzeichn* *vertrag* contract* agree* \
         *anmeld* *angemeld* regist* enrol* *abo subscri* trial* *besuch* visit* *kündig* cancel* *storn* \
         *ablehn* *abgelehn* declin* *bestätig* confirm* *erschein* *erschien* no-show noshow miss* \
         verpasst* *wiederkomm* return* lapsed former ehemalig* stamm* regular* neukund* sag* sagt* said \
         says tell* told lass* liegen noch-nicht noch-kein* hat-nicht haben-nicht nicht-konnte* \
         nicht-wurde* weder not-yet has-not have-not hasnt havent didnt nothing-yet neither without-have \
         all alle allen jede* jeder every* any* always immer whenever stets grundsätzlich répon* relanc* \
         intéress* demand* cherch* souhait* veut veulent tous toute* toujours silenc* attend* respond* \
         contest* interesad* pregunt* busc* quier* todos todas siempre escrib* rispond* interessat* \
         chied* chiest* cerca* vuole vogliono tutti sempre scriv* silenzi* cevap* yanıt* ilgilen* sor* \
         iste* sessiz* herkes* tüm yaz*",
    ),
    // A screen, a page, a text to be written: the words that follow are not the customer's.
    (
        List::Shown,
        "steht stand bildschirm display anzeige meldung popup lautet satz zeile fußzeile *hinweistext \
         screen says saying reads shows displays banner footer sentence wording caption",
    ),
    // Points back to somebody else, or sets somebody else apart from us.
    (
        List::SomebodyElse,
        "denen dort soll sollen =er alte alten altem alter bisherige* frühere* vorherige* vorige* \
         ehemalige* andere anderen anderer anderem them they their theirs =he =she old other previous \
         former another",
    ),
    // Speaks to us, or of what we sent.
    (
        List::SpeaksToUs,
        "bitte =ihr euch eure* euer =dich =dir =du dein* diese diesen dieser dieses please pls plz kindly \
         =you =u your yours this these",
    ),
    (
        List::AlreadyDone,
        "abbestellt abgemeldet ausgetragen =blockiert gekündigt unsubscribed opted =blocked had-to \
         musste-ich",
    ),
    // Tells what the customer once said, to whomever stands behind it.
    (
        List::ToldSomebody,
        "=told =asked said-to instructed gesagt =sagte gebeten =bat mitgeteilt angewiesen",
    ),
    // The messages are about one thing, which is settled or soon will be.
    (
        List::AboutOneThing,
        "for-it for-that for-this for-them deswegen dafür",
    ),
    // Not then: the rest of the week stays open.
    (
        List::AtCertainHours,
        "hours evening evenings night nights nighttime morning mornings afternoon afternoons =lunch \
         lunchtime weekend weekends mondays tuesdays wednesdays thursdays fridays saturdays sundays \
         =class lessons lectures =work =shift shifts meetings oclock =noon midnight =uhr nachts =abends \
         spätabends morgens mittags vormittags nachmittags wochenende* wochenends sonntags samstags \
         werktags feiertags arbeitszeit* dienstzeit* unterricht* vorlesung* =schicht spätschicht \
         nachtschicht mittagspause feierabend mittagsruhe",
    ),
    // Not to that address: another one is right.
    (
        List::ToOneAddress,
        "letters-there post-there mail-there emails-there things-there parcels-there =dorthin old-address \
         previous-address former-address wrong-address old-number previous-number wrong-number alte-adresse \
         alten-adresse frühere-adresse früheren-adresse falsche-adresse falschen-adresse alte-anschrift \
         alten-anschrift alte-nummer alten-nummer falsche-nummer falschen-nummer",
    ),
    (
        List::ConfirmedToThem,
        "you-been-unsubscribed you-have-opted youre-unsubscribed wurden-abgemeldet wurdest-abgemeldet \
         bist-abgemeldet sind-abgemeldet",
    ),
    (
        List::CanAskForIt,
        "can could would will when how where why please bitte kann kannst könnt können könnten könnte \
         würden würdet wann wie wo warum wieso puis pouvez peux comment puede pueden puedes como posso \
         potete puoi come nasıl lütfen",
    ),
    (List::OnCondition, "=if wenn falls =si =se eğer"),
    (
        List::OurMessages,
        "*list* *newsletter* *verteiler* *mail* *nachricht* *werbung* sms *erinnerung* message* text* \
         reminder* *datenbank *datei *kartei *kontakt* *system* records database marketing books club \
         practice surgery studio salon praxis verein agency office shop team clinic garage school gym restaurant hotel agentur \
         kanzlei werkstatt laden geschäft hotel büro team schule restaurant",
    ),
    // Words of an order, a delivery, a visit that has been.
    (
        List::Served,
        "*bestellt *bestellung *einkauf *kauf *gekauft *bezahlt *liefer* *geliefert *zugestellt *verlegt \
         *versandt *versendet verschickt *abhol* *abgeholt *besuch *aufenthalt *repar* unterwegs \
         *montiert *eingebaut fertig ordered order purchase* bought paid payment deliver* dispatched \
         ship* collect* pick*-up installed finished complete stay* ready visit stay repair* fixed \
         install* coming-in on-way procedure surgery home command* achat* livr* expédi* pedido compra* \
         envia* entreg* ordine acquist* spedi* consegn* sipariş* kargo* teslim*",
    ),
    (
        List::AsksPrice,
        "*kost* teuer preis preise how-much price prices cost costs combien cuánto quanto costa kadar fiyat*",
    ),
    (
        List::AsksNumber,
        "*zahl *anzahl numbers headcount head-count guest-count how-many wie-viele wieviele group-size",
    ),
    // Beside a day they speak of what is to come.
    (
        List::ToCome,
        "see-you =bis freu* sehen-uns will youll looking-forward all-set eingetragen gebucht booked \
         confirmed dein* ihr* your",
    ),
];
