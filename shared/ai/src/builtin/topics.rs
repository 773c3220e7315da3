//! What a rule or a chat is about, so that a rule about test drives is not applied to a
//! chat about a repair. Only things that exclude each other are listed; "appointment" or
//! "offer" go with everything.

use super::stems::Members;
use super::text::Token;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    TestDrive,
    CarRepair,
    Tyres,
    Hire,
    Viewing,
    Lodging,
    TableBooking,
    Trial,
    Course,
    Membership,
    Insurance,
    TeethCleaning,
    Hair,
    Nails,
    Documents,
    Photos,
    Purchase,
    // What people also write about, and hardly a rule does.
    Job,
    OpeningHours,
    LostItem,
    SickNote,
    Study,
    Gift,
    Parking,
    Billing,
    Emergency,
    Internship,
    /// Somebody sells to us, or asks for a donation.
    Pitch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Matter {
    trade: &'static str,
    thing: &'static str,
}

impl Topic {
    /// What the topic is, among the things a trade sells; `None` for what goes with any.
    fn matter(self) -> Option<Matter> {
        let (trade, thing) = match self {
            Topic::TestDrive => ("car", "test drive"),
            Topic::CarRepair => ("car", "repair"),
            Topic::Tyres => ("car", "tyres"),
            Topic::Hire => ("car", "hire"),
            Topic::Viewing | Topic::Lodging => ("lodging", "lodging"),
            Topic::TableBooking => ("restaurant", "table"),
            Topic::Trial | Topic::Course | Topic::Membership => ("teaching", "teaching"),
            Topic::Insurance => ("insurance", "insurance"),
            Topic::TeethCleaning => ("dentist", "cleaning"),
            Topic::Hair => ("beauty", "hair"),
            Topic::Nails => ("beauty", "nails"),
            Topic::Documents
            | Topic::Photos
            | Topic::Purchase
            | Topic::Job
            | Topic::OpeningHours
            | Topic::LostItem
            | Topic::SickNote
            | Topic::Study
            | Topic::Gift
            | Topic::Parking
            | Topic::Billing
            | Topic::Emergency
            | Topic::Internship
            | Topic::Pitch => return None,
        };
        Some(Matter { trade, thing })
    }

    /// Not even a customer's matter, whatever the business has asked back.
    fn is_alien(self) -> bool {
        matches!(self, Topic::Internship | Topic::Study | Topic::Pitch)
    }

    /// Side matters: a chat about one of them is not about the rule's matter.
    fn is_aside(self) -> bool {
        matches!(
            self,
            Topic::Job
                | Topic::OpeningHours
                | Topic::LostItem
                | Topic::SickNote
                | Topic::Study
                | Topic::Gift
                | Topic::Parking
                | Topic::Billing
                | Topic::Emergency
                | Topic::Internship
                | Topic::Pitch
        )
    }
}

/// Stems per topic; `*x` also inside a compound.
pub(super) const STEMS: [(Topic, &str); 28] = [
    (
        Topic::Internship,
        "*praktikum* *praktikant* *schnuppertag* lebenslauf *ausbildungsplatz* *minijob* *aushilfe* *bewerbungsunterlagen internship* apprenticeship* cv vacancy vacancies hiring stage-stagiaire curriculum *stellenanzeige* *stellenausschreibung* staj",
    ),
    (
        Topic::Pitch,
        "*sponsor* *spendenanfrage* *kooperation* *influencer* sponsorship seo backlinks fundraiser tombola raffle",
    ),
    (
        Topic::Hire,
        "*verleih* *ausleih* *leihrad* *leihräder* *mieträder* hire rental rentals location-vélo alquiler-bici noleggio-bici kiralık-bisiklet",
    ),
    (
        Topic::TestDrive,
        "*probefahr* *testfahrt* test-drive testdrive essai prueba-de-conduccion *gebrauchtwagen* deneme-surus",
    ),
    (
        Topic::CarRepair,
        "*reparatur* *werkstatt* *inspektion* *pickerl* *tüv* *hauptuntersuchung* *motorkontroll* *ölwechsel* *bremse* repair* garage service mot brakes réparation taller reparación riparazione tamir bakım",
    ),
    (
        Topic::Tyres,
        "*reifen* *tyre* *tire* *pneu* neumátic* gomme lastik",
    ),
    (
        Topic::Viewing,
        "*besichtig* viewing* visit* visite* visita* sopralluogo",
    ),
    (
        Topic::Lodging,
        "*zimmer *zimmer* room rooms suite chambre* habitacion* camera camere oda *übernacht* *wohnung* *immobilie* flat flats apartment* appartement* piso appartamento daire *maisonette* studio* tenant* *miete* *mieter*",
    ),
    (
        Topic::TableBooking,
        "tisch tische *tischreserv* table tables mesa tavolo masa *bankett* buffet",
    ),
    (
        Topic::Trial,
        "*probestunde* *schnupper* *probetraining* *probelektion* trial taster cours-d-essai clase-de-prueba prova deneme reinschnuppern",
    ),
    (
        Topic::Course,
        "*kurs *kurse* *unterricht* *nachhilfe* *lektion* course class classes lesson* tuition tutoring cours clase* corso lezion* ders kurs training",
    ),
    (
        Topic::Membership,
        "*mitglied* *abo *abos *monatsabo* member* abonnement* socio abbonament* üyelik",
    ),
    (
        Topic::Insurance,
        "*versicher* insur* assurance* seguro assicuraz* sigorta *police *tarif*",
    ),
    (
        Topic::TeethCleaning,
        "*zahnreinigung* *prophylaxe* hygienist detartrage limpieza-dental",
    ),
    (
        Topic::Hair,
        "*haarschnitt* *balayage* *strähn* *färb* *schnitt haircut blow-dry highlights coupe coloration corte tinte taglio piega saç",
    ),
    (
        Topic::Nails,
        "*nägel* *shellac* *maniküre* *pediküre* nails manicure ongles vernis uñas unghie tırnak *wimper* lashes",
    ),
    (
        Topic::Documents,
        "*unterlage* *dokument* *nachweis* document* papers paperwork dossier documentos documenti belge* *formular*",
    ),
    (
        Topic::Photos,
        "foto fotos bild bilder *fotos photo photos picture pictures",
    ),
    (
        Topic::Purchase,
        "*warenkorb* *basket* cart panier carrito carrello sepet",
    ),
    (
        Topic::Job,
        "*bewerb* *lebenslauf* *praktikum* *arbeitsstelle offene-stelle freie-stelle *ausbildungsstelle* *ausbildungsplatz* job jobs cv vacancy vacancies hiring internship poste emploi stage empleo trabajo lavoro curriculum staj",
    ),
    (
        Topic::OpeningHours,
        "*öffnungszeit* geöffnet lange-auf habt-offen habts-offen haben-offen hats-offen opening open-sunday* open-saturday* open-today open-monday* closing-time horaires ouvert* horario abiert* apert* açık",
    ),
    (
        Topic::LostItem,
        "*vergessen *liegengelassen *liegenlassen *fundsach* *fundbüro* *verloren lost-my lost-property lost-found forgot left-behind oublié* perdu* olvid* dimenticat* unuttum",
    ),
    (
        Topic::SickNote,
        "*fieber* krank krankgemeldet *krankmeld* sick poorly unwell malade fiebre enferm* malat* hasta",
    ),
    (
        Topic::Study,
        "*masterarbeit* *bachelorarbeit* *umfrage* *facharbeit* thesis dissertation survey mémoire tesis tesi tez",
    ),
    (
        Topic::Gift,
        "*gutschein* voucher gift-card giftcard bon-cadeau chèque-cadeau tarjeta-regalo buono-regalo hediye-çeki",
    ),
    (
        Topic::Parking,
        "*parkplatz* *parken* *anfahrt* parking directions stationnement aparcamiento parcheggio otopark",
    ),
    (
        Topic::Billing,
        "*mahnung* *steuerbescheinigung* *spendenquittung* *beleg *quittung* receipt",
    ),
    (
        Topic::Emergency,
        "*notfall* *notdienst* emergency emergencies urgence* urgencia* emergenza acil",
    ),
];

/// The topics named among some words.
pub(super) fn topics(words: &[Token]) -> Vec<Topic> {
    let members = Members::of(words);
    let topics = STEMS.iter().map(|(topic, _)| *topic);
    topics
        .filter(|topic| members.has_any_of_topic(*topic))
        .collect()
}

/// Whether a chat cannot be what a rule about `rule` means. `asked` is what the customer's
/// own words are about. While a question of the business is open, the chat is taken for
/// what the rule means unless both name different things of one trade.
pub(super) fn exclude_each_other(
    rule: &[Topic],
    chat: &[Topic],
    asked: &[Topic],
    open: bool,
) -> bool {
    let about = rule;
    let rule: Vec<Matter> = rule.iter().filter_map(|topic| topic.matter()).collect();
    let chat: Vec<Matter> = chat.iter().filter_map(|topic| topic.matter()).collect();
    if rule.iter().any(|matter| chat.contains(matter)) {
        return false;
    }
    let same_trade = rule.iter().any(|r| chat.iter().any(|c| r.trade == c.trade));
    let different = !rule.is_empty() && !chat.is_empty() && (same_trade || !open);
    let on_an_aside = asked
        .iter()
        .any(|topic| (topic.is_alien() || !open && topic.is_aside()) && !about.contains(topic));
    on_an_aside || different
}
