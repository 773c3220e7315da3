//! The texts `write` chooses from. They promise nothing, press nobody and name nothing
//! the conversation may not have been about.

use crate::transcript::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Appointment,
    Offer,
    AfterSale,
    Documents,
    Generic,
}

pub(super) fn german_informal(kind: Kind) -> &'static str {
    match kind {
        Kind::Appointment => {
            "hast du schon geschaut, welcher Termin dir passt? Sag einfach kurz Bescheid, dann halten wir ihn für dich fest. Wenn keiner passt, finden wir gern einen anderen."
        }
        Kind::Offer => {
            "konntest du dir unser Angebot schon in Ruhe ansehen? Wenn noch etwas offen ist, beantworten wir deine Fragen gern."
        }
        Kind::AfterSale => {
            "ist bei dir alles in Ordnung und bist du zufrieden? Wenn etwas nicht passt, melde dich einfach, wir kümmern uns darum."
        }
        Kind::Documents => {
            "uns fehlt noch etwas von dir, damit wir weitermachen können. Schick es uns einfach, sobald du dazu kommst. Danke dir!"
        }
        Kind::Generic => {
            "wir wollten kurz nachfragen, ob du noch Interesse hast oder ob wir dir noch etwas beantworten können. Melde dich einfach, wenn es passt."
        }
    }
}

pub(super) fn polite(language: Language, kind: Kind) -> &'static str {
    match language {
        Language::De => german(kind),
        Language::En => english(kind),
        Language::Fr => french(kind),
        Language::Es => spanish(kind),
        Language::It => italian(kind),
        Language::Tr => turkish(kind),
    }
}

fn german(kind: Kind) -> &'static str {
    match kind {
        Kind::Appointment => {
            "haben Sie schon geschaut, welcher Termin Ihnen passt? Sagen Sie einfach kurz Bescheid, dann halten wir ihn für Sie fest. Wenn keiner passt, finden wir gern einen anderen."
        }
        Kind::Offer => {
            "konnten Sie sich unser Angebot schon in Ruhe ansehen? Wenn noch etwas offen ist, beantworten wir Ihre Fragen gern."
        }
        Kind::AfterSale => {
            "ist bei Ihnen alles in Ordnung und sind Sie zufrieden? Wenn etwas nicht passt, melden Sie sich einfach, wir kümmern uns darum."
        }
        Kind::Documents => {
            "uns fehlt noch etwas von Ihnen, damit wir weitermachen können. Schicken Sie es uns einfach, sobald Sie dazu kommen. Vielen Dank!"
        }
        Kind::Generic => {
            "wir wollten kurz nachfragen, ob Sie noch Interesse haben oder ob wir Ihnen noch etwas beantworten können. Melden Sie sich einfach, wenn es passt."
        }
    }
}

fn english(kind: Kind) -> &'static str {
    match kind {
        Kind::Appointment => {
            "have you had a chance to see which time suits you? Just let us know and we will keep it for you. If none of them works, we will gladly find another."
        }
        Kind::Offer => {
            "have you had a chance to look at our offer? If anything is still open, we are happy to answer your questions."
        }
        Kind::AfterSale => {
            "is everything all right, and are you happy with it? If something is not as it should be, just tell us and we will take care of it."
        }
        Kind::Documents => {
            "we are still missing something from you before we can go on. Just send it over whenever you get to it. Thank you!"
        }
        Kind::Generic => {
            "we just wanted to ask whether you are still interested or whether we can answer anything else. Just get in touch when it suits you."
        }
    }
}

fn french(kind: Kind) -> &'static str {
    match kind {
        Kind::Appointment => {
            "avez-vous pu voir quel créneau vous convient ? Dites-le-nous simplement et nous vous le réservons. Si aucun ne convient, nous en trouverons volontiers un autre."
        }
        Kind::Offer => {
            "avez-vous pu regarder notre offre ? S'il reste une question, nous y répondrons volontiers."
        }
        Kind::AfterSale => {
            "tout va bien, êtes-vous satisfait(e) ? Si quelque chose ne va pas, dites-le-nous et nous nous en occupons."
        }
        Kind::Documents => {
            "il nous manque encore un élément de votre part pour continuer. Envoyez-le-nous dès que vous le pouvez. Merci !"
        }
        Kind::Generic => {
            "nous voulions savoir si cela vous intéresse toujours ou si nous pouvons répondre à une question. Écrivez-nous quand cela vous convient."
        }
    }
}

fn spanish(kind: Kind) -> &'static str {
    match kind {
        Kind::Appointment => {
            "¿ha podido ver qué hora le va bien? Díganoslo y se la reservamos. Si ninguna le viene bien, buscamos otra con mucho gusto."
        }
        Kind::Offer => {
            "¿ha podido mirar nuestra oferta? Si queda alguna duda, se la resolvemos con mucho gusto."
        }
        Kind::AfterSale => {
            "¿está todo bien y a su gusto? Si algo no está como debería, díganoslo y nos ocupamos."
        }
        Kind::Documents => {
            "todavía nos falta algo de su parte para poder continuar. Envíenoslo cuando pueda. ¡Muchas gracias!"
        }
        Kind::Generic => {
            "queríamos saber si sigue interesado o si podemos resolverle alguna duda. Escríbanos cuando le venga bien."
        }
    }
}

fn italian(kind: Kind) -> &'static str {
    match kind {
        Kind::Appointment => {
            "ha potuto vedere quale orario va bene? Ci faccia sapere e lo teniamo per Lei. Se nessuno va bene, ne troviamo volentieri un altro."
        }
        Kind::Offer => {
            "ha potuto guardare la nostra offerta? Se c'è ancora qualche domanda, rispondiamo volentieri."
        }
        Kind::AfterSale => {
            "è tutto a posto, è contento dell'acquisto? Se qualcosa non va, ci scriva e ce ne occupiamo."
        }
        Kind::Documents => {
            "ci manca ancora qualcosa da parte Sua per andare avanti. Ce lo mandi quando può. Grazie!"
        }
        Kind::Generic => {
            "volevamo chiedere se è ancora interessato o se possiamo rispondere a qualche domanda. Ci scriva quando vuole."
        }
    }
}

fn turkish(kind: Kind) -> &'static str {
    match kind {
        Kind::Appointment => {
            "hangi saatin size uygun olduğuna bakabildiniz mi? Bize kısaca yazın, sizin için ayıralım. Hiçbiri uymazsa memnuniyetle başka bir saat buluruz."
        }
        Kind::Offer => {
            "teklifimize bakabildiniz mi? Aklınıza takılan bir şey varsa memnuniyetle yanıtlarız."
        }
        Kind::AfterSale => {
            "her şey yolunda mı, memnun kaldınız mı? Bir sorun varsa yazmanız yeterli, ilgileniriz."
        }
        Kind::Documents => {
            "devam edebilmemiz için sizden bir şey daha bekliyoruz. Uygun olduğunuzda göndermeniz yeterli. Teşekkürler!"
        }
        Kind::Generic => {
            "hâlâ ilgilenip ilgilenmediğinizi ya da bir sorunuz olup olmadığını sormak istedik. Size uygun olduğunda yazabilirsiniz."
        }
    }
}
