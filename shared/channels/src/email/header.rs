//! Header fields: what may stand in them, and how words outside ASCII get in (RFC 2047).

use base64::prelude::{BASE64_STANDARD, Engine as _};
use domain::channel::ChannelUser;
use domain::settings::Locale;

use crate::outbound::OutboundError;

/// The longest value that SES takes.
pub const LONGEST_VALUE: usize = 995;
/// The longest address (RFC 5321).
pub const LONGEST_ADDRESS: usize = 254;
/// The longest name beside an address, in characters.
pub const LONGEST_NAME: usize = 100;
/// An encoded word has at most 75 characters, 12 of which are not the text.
const LONGEST_WORD: usize = (75 - 12) / 4 * 3;

/// An address with the name that is shown beside it. Masked like every address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<Name>,
    address: ChannelUser,
}

/// A name that nobody sees in a log.
#[derive(Clone, PartialEq, Eq)]
struct Name(String);

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(…)")
    }
}

impl Mailbox {
    /// An address without a name.
    pub fn parse(address: &str) -> Result<Self, OutboundError> {
        let invalid = |reason| OutboundError::Invalid {
            field: "address",
            reason,
            remedy: "give one plain address, such as anna@example.org",
        };
        let address = address.trim();
        let (local, domain) = address
            .rsplit_once('@')
            .ok_or_else(|| invalid("is no e-mail address"))?;
        if !address.is_ascii() {
            return Err(OutboundError::Invalid {
                field: "address",
                reason: "has characters that SES cannot send to",
                remedy: "write the part behind the @ in its ASCII form (xn--)",
            });
        }
        let of_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let of_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let dots = |part: &str| part.split('.').any(str::is_empty);
        let well_formed = local.len() <= 64
            && address.len() <= LONGEST_ADDRESS
            && local.chars().all(of_local)
            && domain.chars().all(of_domain)
            && !dots(local)
            && !dots(domain);
        if !well_formed {
            return Err(invalid("is no e-mail address that mail can be sent to"));
        }
        let address = ChannelUser::parse(address).map_err(|_| invalid("is no e-mail address"))?;
        Ok(Self {
            name: None,
            address,
        })
    }

    /// The same with a name beside it.
    pub fn named(mut self, name: &str) -> Result<Self, OutboundError> {
        let name = name.trim();
        check_line("name", name)?;
        if name.chars().count() > LONGEST_NAME {
            return Err(OutboundError::TooLong {
                field: "name",
                limit: LONGEST_NAME,
                actual: name.chars().count(),
                unit: "characters",
                remedy: "shorten it",
            });
        }
        self.name = (!name.is_empty()).then(|| Name(name.to_owned()));
        Ok(self)
    }

    /// The address alone.
    pub fn address(&self) -> &ChannelUser {
        &self.address
    }

    /// As it stands in a header field.
    pub fn header(&self) -> String {
        let address = self.address.reveal();
        match &self.name {
            None => address.to_owned(),
            Some(Name(name)) if name.is_ascii() => {
                let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
                format!("\"{quoted}\" <{address}>")
            }
            Some(Name(name)) => format!("{} <{address}>", encoded(name)),
        }
    }
}

/// One line as a header field can carry it: as it is when it is ASCII, or else in encoded words.
pub fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if word.len() + c.len_utf8() > LONGEST_WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let encode = |word: &String| format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(word));
    words.iter().map(encode).collect::<Vec<_>>().join(" ")
}

/// Refuses what would begin another header field, and what no header can carry.
pub(crate) fn check_line(field: &'static str, text: &str) -> Result<(), OutboundError> {
    if text.chars().any(char::is_control) {
        return Err(OutboundError::Invalid {
            field,
            reason: "has line breaks or other control characters",
            remedy: "write it on one line",
        });
    }
    Ok(())
}

/// A field of ours: printable ASCII of at most [`LONGEST_VALUE`] characters.
pub(crate) fn check_value(field: &'static str, value: &str) -> Result<(), OutboundError> {
    check_line(field, value)?;
    if !value.is_ascii() {
        return Err(OutboundError::Invalid {
            field,
            reason: "has characters outside ASCII",
            remedy: "encode it",
        });
    }
    if value.len() > LONGEST_VALUE {
        return Err(OutboundError::TooLong {
            field,
            limit: LONGEST_VALUE,
            actual: value.len(),
            unit: "characters",
            remedy: "shorten it",
        });
    }
    Ok(())
}

/// A message id with its brackets, or nothing if it cannot be one.
pub(crate) fn message_id(id: &str) -> Option<String> {
    let inside = id.trim().trim_start_matches('<').trim_end_matches('>');
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',');
    let well_formed = inside.contains('@') && inside.len() <= 250 && inside.chars().all(fits);
    well_formed.then(|| format!("<{inside}>"))
}

/// `Re:` in front, once.
pub fn reply_subject(subject: &str, locale: Locale) -> String {
    let known = ["re:", "aw:", "antw:"];
    let small = subject.trim_start().to_lowercase();
    if known.iter().any(|mark| small.starts_with(mark)) {
        return subject.to_owned();
    }
    match locale {
        Locale::De => format!("AW: {subject}"),
        Locale::En => format!("Re: {subject}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_or_refused() {
        for fine in [
            "anna@example.org",
            " a.b+c@mail.example.org ",
            "o'neill@example.org",
            "x@xn--bcher-kva.example",
        ] {
            assert!(Mailbox::parse(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "anna@example..org",
            ".anna@example.org",
            "anna@bücher.example",
            "änna@example.org",
            "Anna <anna@example.org>",
            "a@b.example, c@d.example",
            "a@b.example\r\nBcc: c@d.example",
            "\"a b\"@example.org",
            "a@[127.0.0.1]",
        ] {
            assert!(Mailbox::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_quoted_or_encoded() {
        let header = |name| {
            let mailbox = Mailbox::parse("a@b.example").unwrap();
            mailbox.named(name).unwrap().header()
        };
        assert_eq!(header(""), "a@b.example");
        assert_eq!(
            header("Salon \"Mitte\", GmbH"),
            "\"Salon \\\"Mitte\\\", GmbH\" <a@b.example>"
        );
        assert_eq!(header("Müller"), "=?UTF-8?B?TcO8bGxlcg==?= <a@b.example>");
        let evil = Mailbox::parse("a@b.example").unwrap().named("a\r\nBcc: x");
        assert!(evil.is_err());
        let shown = format!(
            "{:?}",
            Mailbox::parse("anna@b.example")
                .unwrap()
                .named("Anna")
                .unwrap()
        );
        assert!(
            !shown.contains("Anna") && !shown.contains("anna@"),
            "{shown}"
        );
    }

    #[test]
    fn encoded_words_are_short_and_split_no_character() {
        let text = "Ä".repeat(60) + "😀😀";
        let encoded = encoded(&text);
        let mut decoded = String::new();
        for word in encoded.split(' ') {
            assert!(word.len() <= 75, "{word}");
            let inside = word
                .strip_prefix("=?UTF-8?B?")
                .unwrap()
                .strip_suffix("?=")
                .unwrap();
            decoded += &String::from_utf8(BASE64_STANDARD.decode(inside).unwrap()).unwrap();
        }
        assert_eq!(decoded, text);
    }

    #[test]
    fn a_reply_says_so_once() {
        assert_eq!(reply_subject("Termin", Locale::De), "AW: Termin");
        assert_eq!(reply_subject("Re: Termin", Locale::De), "Re: Termin");
        assert_eq!(reply_subject("Visit", Locale::En), "Re: Visit");
    }
}
