//! Italian, the basics.

use super::{Act, Table};

pub(super) const NEGATORS: &str = "non mai niente nulla nessun* senza né neanche";

pub(super) const TABLE: Table = &[
    (
        Act::Asks,
        &[
            "^ _ quando|quanto|quanti|quante|quanta|come|dove|che|quale|quali|chi|perché|cosa",
            "avete|avreste|potete|potreste|posso|possiamo|fate|si+può|c+è|ci+sono|accettate|è+possibile|è compreso|comprende|include",
            "mi manda|mandi|mandate|dici|dite|fai|fate sapere",
        ],
    ),
    (
        Act::Wants,
        &[
            "vorrei|vorremmo|volevo|cerco|cerchiamo|mi+serve|servirebbe|mi+servirebbe|ci+serve|ho+bisogno|abbiamo+bisogno|desidero|mi+interessa|mi+piacerebbe|avrei+bisogno",
            "posto per|una camera|un tavolo|appuntamento",
            "potete|può|puoi|potrebbe|potreste _",
            "mi mandi|mandate|manda|invia|può",
        ],
    ),
    (
        Act::Chases,
        &[
            "aspetto|sto+aspettando|attendo ancora|sempre|da",
            "ancora nessun*|niente|nulla|non",
            "nessuno _ chiamato|risposto|richiamato|sentire",
            "ci sono novità|novità",
        ],
    ),
    (
        Act::Announces,
        &[
            "mio|mia|miei|il marito|moglie|capo|genitori|socio|compagno _ .. deve|decide|vuole|vedere",
            "ne|lo|la _ parlo|parliamo|chiedo|sento|valuto|valutiamo|vedo|guardo|pensiamo",
            "mi|ci dia|dai|dia|date _ .. giorni|tempo|giorno",
            "ti|vi|le|la|faccio|farò|facciamo sapere|faccio|farò|dico|dirò|confermo|richiamo|scrivo|aggiorno|avviso|ricontatto|facciamo",
            "fare|faccio|farò|facciamo sapere",
            "ci penso|pensiamo|devo+pensarci|penso|pensarci|rifletto|riflettere|sto+pensando|dormo+su|dormirci",
            "devo|dobbiamo|vorrei|voglio|aspetto|lasciami|fammi|prima _ vedere|sentire|chiedere|parlare|controllare|guardare|verificare|pensare|parlarne|organizzarmi|capire|sentirmi|confrontarmi",
            "ne parlo|parliamo|sento|chiedo|guardo|vedo|controllo",
            "non so|sono sicur* _ ancora|se",
            "ancora|non ho|abbiamo _ deciso",
            "dipende",
            "appena|quando posso|so|riesco|torno",
            "più tardi|domani|stasera|settimana+prossima _ vi|ti|le|mando|dico|porto",
            "aspetto|attendo che|la|il|di",
        ],
    ),
    (
        Act::Undecided,
        &[
            "non è che non|un no",
            "non dico di no",
            "anzi|al contrario|tutt altro",
            "sempre|ancora interessat*",
        ],
    ),
    (
        Act::Agrees,
        &[
            "^ sì|si|ok|va+bene|perfetto|certo|d accord*|ottimo|volentieri|benissimo|certamente|bene",
            "va+bene|benissimo|mi va|per me+va|ci+sta|andata",
            "d accordo",
        ],
    ),
    (
        Act::Books,
        &[
            "va+bene|perfetto|ok|sì|si|certo _ .. prenot*|conferm*|proced*|segn*|allora|grazie _",
            "prenoti|prenota|prenotate|confermi|proceda|segni pure|allora|per",
            "a|ci+vediamo lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|domani|_",
            "lo|la|li|le prendo|prendiamo|compro|prenoto|confermo|ordino|accetto",
            "prenot*|conferm*|segnami|mettimi|mi segni|ci segni|prenotami|tenetemi|riserv* _",
            "confermo|confermiamo|accetto|accettiamo|prenoto|procediamo|proceda|procedete|firmo",
            "ci sarò|ci saremo|vengo|veniamo",
            "affare fatto|andata",
        ],
    ),
    (
        Act::Done,
        &[
            "ho|abbiamo|già|appena|è|sono _ comprato|acquistato|pagato|firmato|ordinato|prenotato|bonificato|iscritt*|saldato|effettuato",
        ],
    ),
    (
        Act::Declines,
        &[
            "alla+fine|purtroppo|per+ora|quest+anno _ .. no|non|niente|lascio|lasciamo",
            "non _ .. ci+interessa|mi+interessa|fa+per|conviene|ce+lo|rientra|ne+facciamo",
            "troppo|un+po _ car*|lontan*|alto",
            "non|più|nessun _ interess*",
            "no _ grazie",
            "grazie _ ma _ no|non|ho|abbiamo",
            "non _ voglio|vogliamo|serve|mi+serve|ci+serve|vuole|ne|faccio|facciamo _ più|niente",
            "alla fine|purtroppo _ no|non|rinunc*|annull*",
            "troppo car*|lontan*",
            "rinunc*|rifiut*|disd*|annull*|declin*|lascio+perdere|lasciamo+perdere|lasciamo+stare|lascio+stare",
            "ho|abbiamo cambiato idea",
            "sarà per un altra volta|un+altra volta",
            "sono a+posto|siamo a+posto|a+posto così",
            "restiamo con|resto con|fuori budget",
        ],
    ),
    (
        Act::Cancels,
        &["annullare|annulla|disdire|disdico|cancellare|non posso venire|non riesco a venire"],
    ),
    (
        Act::Rebooks,
        &[
            "spostare|rimandare|posticipare|un+altro|un+altra|nuovo|nuova _ giorno|data|orario|appuntamento",
        ],
    ),
    (
        Act::BadTime,
        &[
            "non posso|riesco|possiamo|va+bene|mi va|ce la",
            "lavoro|troppo presto|tardi|impegnat*",
        ],
    ),
    (
        Act::Elsewhere,
        &[
            "mio|mia|miei|un|una|mi+o fratello|sorella|cugino|cugina|amico|amica|cognato|vicino|vicina|marito|moglie|padre|madre|zio|zia|suocero|collega|amici _ .. presta|prestano|fa|fanno|aiuta|aiutano|regalato|regala|preso|presa|prende|ha|sistema|sistemato|ripara|comprato",
            "da|con|di un|una|mio|mia amico|amica|cugino|vicino|cognato",
            "l ha|abbiamo|ho _ .. preso|presa|comprato|comprata|trovato|trovata|ordinato",
            "troppo tardi",
            "su|da|con amazon|vinted|subito|ebay|ikea|internet",
            "faccio|facciamo|sistemiamo|arrangio|arrangiamo _ .. da+solo|da+soli|da+sola|noi|io",
            "altrove|altra+parte|un+altro|un+altra|altro+posto|concorren*|qualcun+altro",
            "ho|abbiamo|già|alla fine .. trovato|preso|comprato|scelto|affittato|prenotato",
            "mi|ci hanno|ha regalato|regalata",
            "mio|mia|un|una cugino|fratello|amico|amica|cognato|vicino _ lo|me|la|fa|ha",
            "mi+sono|ci+siamo trasferit*",
        ],
    ),
    (
        Act::NeedGone,
        &[
            "non _ serve|bisogno|necessario _ più|$",
            "è|ho|già|tutto risolto|sistemato|a+posto",
            "risolto|sistemato|venduto|venduta",
        ],
    ),
    (
        Act::Delivers,
        &[
            "allego|allegato|in+allegato|allegati",
            "ecco|eccole|eccoli|ecco qui",
            "ho|abbiamo|vi|le|ti _ inviato|mandato|spedito|caricato|consegnato|mando",
        ],
    ),
    (
        Act::Problem,
        &[
            "rott*|difettos*|danneggiat*|rovinat*|graffiat*|perde|guast*|macchiat*",
            "non _ funziona|va|arriva|arrivato|chiude|parte|tiene|accende",
            "sbagliat*|errat*|errore",
            "manca|mancano",
            "delus*|problema|problemi|reclamo|rimborso|vergogna|pessim*|insoddisfatt*|disastro",
            "male|dolore|gonfi*|infett*",
            "addebit* due|doppio",
        ],
    ),
    (
        Act::Pleased,
        &[
            "content*|felice|soddisfatt*|entusiast*|adoro|innamorat*",
            "ottimo|ottima|perfett*|fantastic*|bellissim*|eccellente|meraviglios*|splendid*|buonissim*|favolos*",
            "tutto bene|ok|perfetto|a+posto",
            "consiglio|consiglierò",
        ],
    ),
    (Act::AutoLabel, &["risposta|messaggio automatic*"]),
    (Act::Thanks, &["grazie|ringrazio|ringraziamo"]),
    (
        Act::Condition,
        &["se|forse|magari|dipende|eventualmente|qualora|purché|a+patto"],
    ),
    (
        Act::AutoReply,
        &[
            "risposta|messaggio automatic*",
            "fuori ufficio|sede",
            "grazie per _ messaggio|averci|contattat*|richiesta",
            "abbiamo ricevuto la|il|tua|sua",
            "risponderemo|ricontatteremo|contatteremo _",
            "prima+possibile|più+presto|al+più+presto",
            "chiusi|chiuso|assente",
        ],
    ),
    (
        Act::Promises,
        &[
            "le|ti|vi|la|lo _ faccio|facciamo|dico|diciamo|scrivo|scriviamo|richiamo|confermo|confermiamo|mando|invio|preparo",
            "verifico|controllo|chiedo|sento|guardo|verifichiamo|controlliamo|chiediamo",
            "appena possibile|so|sappiamo",
            "controllo|verifico|chiedo|guardo|sento|controlliamo|verifichiamo|chiediamo|mi+informo|m+informo|mi faccio",
            "le|ti|vi|la|faccio|facciamo scrivo|scriviamo|faccio|facciamo sapere|richiamo|richiamiamo|mando|mandiamo|invio|inviamo|dico|chiamo|chiamerà|preparo|ricontatto",
            "un attimo|momento|attimino|secondo",
        ],
    ),
    (
        Act::Promo,
        &[
            "newsletter|promozion*|promo|offert*|sconto|saldi|approfitta*|scopri|novità|sconti",
            "% _ di|su",
            "a tutti|cari|gentili _ clienti|soci|amici",
        ],
    ),
    (
        Act::Booked,
        &[
            "prenotat*|confermat*|segnat*|registrat*|iscritt*",
            "ci+vediamo|l aspettiamo|ti aspettiamo|vi aspettiamo|a lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|domani",
        ],
    ),
    (
        Act::AsksDocs,
        &[
            "può|puoi|potrebbe|potete|potresti|per favore|ci+serve|servono|serve|manca|mancano|abbiamo+bisogno|ci mandi|mandateci|inviare|compila*|invii _",
        ],
    ),
    (
        Act::AsksInfo,
        &["^ _ quando|quanto|quanti|quale|quali|come|dove|che|cosa"],
    ),
    (
        Act::AsksFeedback,
        &["come+va|come+è|com+è|soddisfatt*|content*|piaciut*|recensione|tutto bene|trova bene"],
    ),
    (
        Act::Invites,
        &[
            "fammi|fateci|facci|mi faccia|ci faccia sapere",
            "con+calma|quando+vuoi|quando+vuole|resto+a+disposizione|a+disposizione",
        ],
    ),
    (
        Act::Regrets,
        &[
            "peccato|mi+dispiace|sarà+per|buona+fortuna|in+bocca+al+lupo|congratulazioni|grazie per avermi|averci avvisat*",
        ],
    ),
    (
        Act::Offers,
        &[
            "allegato|allego|ecco .. preventivo|offerta|listino|proposta|tariff*|fattura",
            "il|nostro|suo|tuo preventivo|offerta|proposta",
        ],
    ),
    (
        Act::OptOut,
        &[
            "non _ mi|ci|mandat*|scriv* _ .. scriv*|mandat*|contatt*|invia*|messagg*|mail|sms _ più|$",
            "non|niente|basta|stop _ più|con|altri _ messaggi|mail|email|pubblicità|promemoria|sms|comunicazioni|notifiche",
            "tog*|rimuov*|elimin*|cancell* _ mi|mio|miei|il+mio|i+miei _ .. lista|numero|dati|contatt*|rubrica|mailing",
            "non|smett*|smettila|basta|mai|evitate|eviti|niente _ .. scriv*|contatt*|mandar*|messagg*|inviar*|inviate|mandate|mandatemi|disturb*|pubblicità|mail|email|promozion*",
            "non _ voglio|desidero|vogliamo|vorrei _ .. ricevere|messaggi|mail|pubblicità|contattat*|sentirvi|sms",
            "disiscri*|cancellatemi|cancellarmi|toglietemi|toglimi|rimuovetemi|eliminatemi|cancellate+mi",
            "togli*|rimuov*|elimin*|cancell* .. lista|numero|dati|contatto|rubrica|newsletter|indirizzo",
            "lasciatemi|lasciami|mi+lasci|lasciateci _ in pace|stare",
        ],
    ),
    (
        Act::MaybeOptOut,
        &["stop|basta|smett*", "non _ chiam* _ più"],
    ),
    (
        Act::OptIn,
        &[
            "cancell*|disd*|annull* _ .. appuntamento|prenotazione|ordine|lezione|visita|abbonamento",
            "per sbaglio|per errore|di nuovo nella|rimettetemi",
        ],
    ),
    (
        Act::Planted,
        &[
            "^ _ sistema|system ,",
            "ignora* _ .. istruzioni|regole",
            "nota|messaggio _ bot|assistente|ia|robot",
            "segna|considera|tratta|chiudi _ .. come|questa|questo",
            "applies|opt_out|prompt",
        ],
    ),
];
