//! French, the basics.

use super::{Act, Table};

pub(super) const NEGATORS: &str = "pas ne n jamais rien aucun* sans ni plus";

pub(super) const TABLE: Table = &[
    (
        Act::Asks,
        &[
            "^ _ quand|combien|comment|où|quel*|pourquoi|qui",
            "est ce que|qu",
            "avez|auriez|pouvez|pourriez|faites|acceptez|prenez|êtes|livrez vous",
            "vous avez|auriez|pouvez|pourriez|faites",
            "y a t",
            "à qui|combien|quelle",
        ],
    ),
    (
        Act::Wants,
        &[
            "je|on|nous _ voudrais|voudrait|voudrions|aimerais|aimerait|aimerions|cherche|cherchons|souhaite|souhaitons|souhaiterais",
            "j ai|aurais besoin",
            "besoin de|d",
            "cherche|cherchons un|une|des",
            "pouvez|pourriez vous _",
            "envoyez|donnez|dites moi|nous",
            "merci de me|nous|m _",
            "intéressé*|interesse* par",
            "une chambre|place|table",
        ],
    ),
    (
        Act::Chases,
        &[
            "toujours|encore pas|rien|aucune _ nouvelle*|reçu|réponse",
            "j attends|attendons toujours|encore",
            "des nouvelles",
            "personne _ rappelé|répondu|appelé|contacté",
        ],
    ),
    (
        Act::Announces,
        &[
            "je|on|nous _ .. demain|ce+soir|lundi|mardi|mercredi|jeudi|vendredi|plus+tard|bientôt _ réponds|confirme|envoie|paie|règle",
            "mon|ma|mes mari|femme|patron|parents|conjoint|associé _ .. doit|décide|voir|veut|accord",
            "laissez|donnez|laisse moi|nous _ temps|jours|réfléchir|quelques",
            "merci je regarde|vois|réfléchis",
            "nuit porte",
            "vous|te|t|redis|tiens|dis|reviens|recontacte|rappelle|confirme _ redis|dis|courant|reviens|recontacte|rappelle|dirai|tiens|confirme|réponse|donne",
            "je|on|nous vous|te redis|dis|tiens|reviens|recontacte|rappelle|confirme|dirai|donnerai",
            "réfléchi*|réfléchir|reflech*",
            "je|on|nous|dois|doit|faut|vais|va|devons .. voir|demander|demande|vérifier|verifier|parler|discuter|regarder|consulter|réfléchir|attendre|organiser",
            "j en parle|on en parle|en parler",
            "pas+encore|toujours décidé|sûr|sur|reçu|choisi",
            "j attends|attends|attendons",
            "dès que",
            "ça dépend|dépend de",
            "plus tard|la+semaine+prochaine|ce+soir",
            "j enverrai|envoie|vous envoie|je vous envoie",
            "je regarde|je vois|on regarde|on voit",
            "au courant",
        ],
    ),
    (
        Act::Undecided,
        &[
            "ce n est pas que|un+non",
            "c est pas que|un+non",
            "loin de là",
            "au contraire",
            "toujours|encore intéressé*|partant*",
            "pas dit non",
            "ne dis|dit pas non",
        ],
    ),
    (
        Act::Agrees,
        &[
            "^ oui|ouais|ok|d+accord|parfait|super|très+bien|bien|volontiers|avec+plaisir|entendu|génial|impeccable|nickel|c+est",
            "ça|cela|c me|nous va|convient|est bon|parfait",
            "d accord",
            "convient|marche",
        ],
    ),
    (
        Act::Books,
        &[
            "ça|c|cela _ parfait|marche|va|me+va _ pour",
            "va|on pour le|la|cette|lundi|mardi|mercredi|jeudi|vendredi|samedi",
            "allez y|vous+pouvez",
            "bon pour moi|nous|accord",
            "comptez sur nous|moi",
            "je|on|nous prends|prend|prenons|réserve|réservons|commande|commandons|confirme|confirmons|accepte|signe",
            "à|au lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain",
            "rendez vous|rdv _ confirmé",
            "bon pour accord",
            "allons+y|on+y+va|c+est parti|vous+pouvez+réserver|y+aller|commencer",
            "notez|inscrivez|réservez|bloquez moi|nous|le|la|les|mon|ma",
            "je serai là|on sera là|je viens|on vient",
        ],
    ),
    (
        Act::Done,
        &[
            "j ai|on a|nous avons|c+est|déjà|viens de|est _ commandé|payé|signé|acheté|réservé|réglé|viré|inscrit*|envoyé le paiement",
        ],
    ),
    (
        Act::Declines,
        &[
            "ça|cela|c|ce _ nous|me _ pas|plus",
            "on|je|nous ne|n|va|vais|allons _ .. pas|plus _ suite|donner|prendre|continuer|payer|venir",
            "sans suite",
            "suis|sommes|reste|restons _ bien|comme+ça|avec",
            "hors budget",
            "dépasse|dépassent notre|mon|le budget",
            "pas|plus|aucun* _ intéress*|intérêt",
            "non merci|^ non",
            "plus besoin|envie",
            "finalement|en fait _ non|pas|plus|annul*|renonc*|rien",
            "laisse|laissons tomber",
            "trop cher|loin|élevé",
            "renonc*|refus*|décline*|annul*",
            "ne|n|veux|voulons _ veux|voulons|souhaite|souhaitons|donnerons|donne|viendrai|viendrons _ pas|plus",
            "changé d avis",
            "une autre fois",
            "c est tombé à l eau",
            "on garde|je garde|reste avec",
        ],
    ),
    (
        Act::Cancels,
        &["annuler|annule|annulé|décommander|empêché*"],
    ),
    (
        Act::Rebooks,
        &[
            "reporter|décaler|déplacer|repousser|un+autre|une+autre|nouveau _ créneau|date|rendez|jour|rdv",
        ],
    ),
    (
        Act::BadTime,
        &[
            "ne|n|pas _ peux|pouvons|marche|convient|possible|arrange|va _ pas",
            "peux|possible|marche|convient|arrange pas",
            "je travaille|trop+tôt|trop+tard|impossible",
        ],
    ),
    (
        Act::Elsewhere,
        &[
            "mon|ma|mes|un|une|notre|nos oncle|tante|frère|soeur|cousin|cousine|ami|amie|amis|voisin|voisine|mari|femme|père|mère|beau|collègue|copain|copine|parents _ .. prête|prêtent|prêté|fait|font|offre|offert|donne|donné|répare|aide|aident|occupe|garde|construit",
            "d un|une|de+mon|de+ma ami|amie|voisin|cousin",
            "chez|sur|par amazon|vinted|leboncoin|ikea|decathlon|un+autre|une+autre|un+confrère",
            "autre|autres prestataire|artisan|garage|dentiste|salle|lieu|traiteur|devis|école|prof",
            "on|je|nous l|le|les _ fait|faisons|ferons _ nous|moi|mêmes",
            "ailleurs|concurren*|un+autre|une+autre|quelqu+un d autre",
            "trouvé|pris|acheté|signé|choisi|réservé .. autre|ailleurs|chez|quelqu|mieux|moins cher|quartier",
            "s en occupe|s+en+charge",
            "déjà|j ai _ trouvé",
            "déménagé",
            "mon|ma|un|une _ frère|ami|amie|voisin|étudiant* _ s|le|la|fait|a|va|m",
        ],
    ),
    (
        Act::NeedGone,
        &[
            "ça|c|tout|est _ arrangé|réglé|résolu|réparé|reparti|remarche",
            "plus la peine|d+utilité",
            "mort|décédé|vendu|vendue|annulé le|la|notre",
            "plus besoin|nécessaire|utile|d+actualité",
            "c+est|tout est|est|problème réglé|résolu|bon",
            "remarche|refonctionne|guéri*|vendu*",
        ],
    ),
    (
        Act::Delivers,
        &[
            "ci joint*|pièce* jointe*",
            "voici|voilà _",
            "j ai|je vous ai|on a _ envoyé|transmis|déposé|posté",
        ],
    ),
    (
        Act::Problem,
        &[
            "cassé*|abîmé*|défectueu*|déchiré*|rayé*|fuit|fuite|panne|tâch*",
            "ne|n|pas _ marche|fonctionne|ferme|tient|démarre|arrivé|reçu _ pas|plus",
            "fonctionne|marche pas|plus",
            "mauvais* taille|couleur|article|modèle",
            "manque|manquant*",
            "déçu*|mécontent*|problème|souci|remboursement|rembours*|inadmissible|honte|réclamation|catastrophe",
            "mal|douleur|gonflé*|infecté*",
        ],
    ),
    (
        Act::Pleased,
        &[
            "ravi*|content*|enchanté*|satisfait*|heureu*",
            "super|parfait|génial|excellent*|magnifique|top|impeccable|nickel|délicieu*|adore|formidable|merveilleu*",
            "tout+va|est|c+est bien|bon|parfait",
            "recommande",
        ],
    ),
    (Act::AutoLabel, &["réponse|message automatique"]),
    (Act::Thanks, &["merci|remercie|mercii"]),
    (
        Act::Condition,
        &["si|s+il|peut+être|éventuellement|dès+que|selon|sinon|voudrait|pourrait|à+condition"],
    ),
    (
        Act::AutoReply,
        &[
            "réponse|message automatique",
            "absen* _ bureau|jusqu|du",
            "merci|remercions _ pour|de votre message|demande|mail",
            "répondrons|reviendrons|répondra|recontacterons _ dans|dès|bref|sous",
            "bien reçu votre",
            "dans les meilleurs|plus brefs délais",
            "actuellement fermé*|absent*",
        ],
    ),
    (
        Act::Promises,
        &[
            "je|on|nous _ vous|te _ .. tiens|dis|redis|reviens|recontacte|rappelle|envoie|enverrai|enverrons|recontactons|rappelons|répondrons",
            "vais|allons|va _ voir|regarder|demander|vérifier|préparer|envoyer|revenir",
            "reviendrons|recontacterons|rappellerons|tiendrons",
            "je|on|nous me|vous|regarde|vérifie|demande|renseigne|reviens|rappelle|tiens|vais|allons|prépare|envoie _ renseigne|reviens|vérifie|rappelle|regarde|vérifier|demander|voir|envoyer|appeler|courant|demande|vers|préparer|consulter|préparons",
            "je|nous|on vérifie|vérifions|regarde|regardons|demande|demandons",
            "un instant|moment",
            "reviens|revenons vers",
            "me renseigne",
        ],
    ),
    (
        Act::Promo,
        &[
            "newsletter|infolettre|promo|promotion*|soldes|offre|profitez|découvrez|nouveauté*|remise|réduction",
            "% _ sur|de",
            "à tous|toutes|chers|chères _ clients|clientes|membres|amis",
        ],
    ),
    (
        Act::Booked,
        &[
            "c+est|bien|rendez|est noté|réservé|confirmé|enregistré|inscrit*",
            "à lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain",
        ],
    ),
    (
        Act::AsksDocs,
        &[
            "merci|pouvez|pourriez|veuillez _ envoyer|transmettre|fournir|compléter|remplir|signer|joindre|m _",
            "il nous|me faut|manque",
            "envoyez|transmettez",
        ],
    ),
    (
        Act::AsksInfo,
        &["^ _ quel*|quand|combien|où|lequel|laquelle"],
    ),
    (
        Act::AsksFeedback,
        &["satisfait*|content*|plu|avis|s+est+passé|tout+va|êtes vous satisfait"],
    ),
    (
        Act::Invites,
        &[
            "dites|tenez|faites moi|nous",
            "n hésitez",
            "prenez votre temps",
            "faites signe|savoir",
        ],
    ),
    (
        Act::Regrets,
        &[
            "dommage|bonne continuation|une prochaine fois|bonne chance|félicitations",
            "merci _ prévenu|retour|informé",
        ],
    ),
    (
        Act::Offers,
        &[
            "voici|ci joint|pièce jointe|trouverez .. devis|tarif*|offre|proposition|brochure|contrat|facture",
            "notre|le|votre devis|offre|tarif*|proposition",
        ],
    ),
    (
        Act::OptOut,
        &[
            "ne|n|plus _ m|me|nous _ .. écrivez|écris|contactez|contacte|relancez|envoyez|envoie|sollicitez|dérangez|rappeler|relance",
            "plus de|d+autres|aucun* _ messages|message|mails|mail|courriels|pub|publicité|relances|sms|textos|rappels|notifications|sollicitations",
            "me|m|nous _ .. retirer|enlever|supprimer|désinscrire|désabonner|rayer|effacer _ .. liste|fichier*|base|contacts|envois",
            "retirez|enlevez|supprimez|rayez|effacez|ôtez|sortez|désinscrivez|désabonnez moi|nous|mon|mes",
            "fichez|foutez|lâchez|laissez moi|nous _",
            "stop aux|les|vos messages|relances|sms|mails|pub",
            "arrêt*|cess*|stop _ de|d _ m|me|nous _ écrire|contacter|envoyer|relancer|solliciter",
            "arrêt*|cess* _ de m|me|nous",
            "ne|n|plus|arrêtez|arrête|cessez|stop|merci+de|arrêter|cesser|veuillez _ .. écrire|m+écrire|contacter|messages|message|mails|mail|écrivez|écris|contactez|contacte|envoyez|recevoir|relancer|relances|relancez|solliciter|sollicitez|sms|textos",
            "plus|aucun* _ messages|message|mails|mail|publicité|pub|relance*|sms|newsletter|contact|sollicitation*",
            "ne|n _ plus _ recevoir|contacté*|être|relancé*|sollicité*",
            "désabonn*|désinscri*|désinscription",
            "retirez|enlevez|supprimez|effacez|retirer|enlever|supprimer|effacer|sortez|rayez .. liste|numéro|coordonnées|données|adresse|fichier*|contacts",
            "laissez|laisse|fichez|foutez _ moi|nous _ tranquille|paix",
            "m oppose",
            "arrêtez de m|me|nous",
        ],
    ),
    (
        Act::MaybeOptOut,
        &["stop|arrêtez|assez|harcel*", "ne _ plus appeler|appelez"],
    ),
    (
        Act::OptIn,
        &[
            "supprimer|retirer|enlever|annuler _ .. commande|réservation|rendez|rdv|plat|option|article|dessert|séance",
            "n|pas|jamais|rien _ reçu|eu",
            "ai|avons|n _ pas|plus|rien|jamais|toujours _ reçu",
            "reçu aucun*|rien",
            "réinscri*|réabonn*|par erreur|remettez|de nouveau recevoir",
            "annul*|arrêt* _ .. rendez|rdv|abonnement|commande|prélèvement*",
            "stop _ prélèvement*|paiement*",
        ],
    ),
    (
        Act::Planted,
        &[
            "^ _ système|system ,",
            "ignor* _ .. instruction*|règle*|consigne*",
            "à l attention|note|message _ bot|assistant|robot|ia",
            "déclencheur|applies|opt_out|prompt",
            "marquez|considérez|traitez|clôturez _ .. comme|ce",
        ],
    ),
];
