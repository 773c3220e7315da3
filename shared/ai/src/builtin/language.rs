//! Which language a text is in, by its most common words.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{bare_words, fold};
use crate::transcript::Language;

const COMMON: [(Language, &str); 6] = [
    (
        Language::De,
        "der die das und ich ist nicht ein eine einen zu wir sie ihr mir mich uns euch auf für mit \
         dem den noch bei auch haben habe hab hat wie was wann kann können könnt gern bitte danke \
         hallo guten tag ja nein oder wenn aber nach am im um bis von vom zum zur dann schon kein \
         keine is ned nöd net i mir des bin sind möchte hätte wäre passt termin angebot uhr leider \
         wieder moin servus grüezi wurde dass heute morgen woche mal es nee nix mehr so sehr",
    ),
    (
        Language::En,
        "the and you u is are it to of for in on we i im my your our have has do does can could would \
         will that this with not be at from was what when how if but or please thanks thank hi hello \
         hey dear yes no any just so me us let know there they need want like get been about all an \
         a hiya yo pls thx ok works still then as would he she",
    ),
    (
        Language::Fr,
        "le la les un une des du et je vous nous il elle est sont pour dans avec pas plus que qui au \
         aux sur bonjour bonsoir coucou merci oui non votre vos mon ma mes notre ce cette en à j l d \
         n c qu avez avons suis être rendez devis client cliente quand s si se",
    ),
    (
        Language::Es,
        "el la los las un una y que de en es está por para con no lo le te me se su tu mi hola \
         gracias buenos buenas días tardes sí pero más muy cómo cuánto qué para del al una ya he ha \
         quiero puede podéis cliente cuando quien les nos usted hay si",
    ),
    (
        Language::It,
        "il lo la gli le un una e che di è per con non mi ti si ci ciao buongiorno buonasera grazie \
         sì ma più come quanto del della al alla ho ha sono vorrei avete può cliente chi da in alle \
         dal ne questo anche se o i",
    ),
    (
        Language::Tr,
        "ve bir bu için ile mı mi mu mü var yok ne merhaba selam teşekkürler teşekkür ederim evet \
         hayır ama çok daha değil kadar ben siz biz bana size istiyorum lütfen tamam olur gün saat \
         randevu müşteri müşteriye fiyat hanım bey ya da",
    ),
];

/// The language whose common words turn up most; `None` when none do, or when two
/// languages tie.
pub fn guess_language(text: &str) -> Option<Language> {
    /// Which languages a word is common in.
    static FOLDED: LazyLock<HashMap<String, Vec<usize>>> = LazyLock::new(|| {
        let mut folded: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, (_, words)) in COMMON.iter().enumerate() {
            for word in fold(words).split_whitespace() {
                let languages = folded.entry(word.to_owned()).or_default();
                if !languages.contains(&index) {
                    languages.push(index);
                }
            }
        }
        folded
    });
    let mut counts = COMMON.map(|(language, _)| (0_usize, language));
    for word in bare_words(text) {
        for language in FOLDED.get(word.as_str()).into_iter().flatten() {
            counts[*language].0 += 1;
        }
    }
    counts.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    match counts[..] {
        [(best, language), (second, _), ..] if best > second => Some(language),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Language>) {
        assert_eq!(guess_language(text), expected, "{text}");
    }

    #[test]
    fn languages() {
        check("Hallo, habt ihr noch was frei?", Some(Language::De));
        check("hiya are you open on sundays", Some(Language::En));
        check(
            "Bonjour, avez-vous de la place samedi ?",
            Some(Language::Fr),
        );
        check("Hola, ¿cuánto cuesta el bolso?", Some(Language::Es));
        check("Ciao! quanto costa il corso?", Some(Language::It));
        check("Merhaba, bu çantanın siyahı var mı", Some(Language::Tr));
        check("👍", None);
        check("", None);
    }
}
