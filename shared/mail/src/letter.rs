//! A mail that somebody wrote for one occasion, and what stands around it: what a person typed, what
//! a follow-up says, what a template came to.

use crate::block::Align;
use crate::link::Link;
use crate::render::{Paragraph, Part, Rendered, Span, Surroundings};
use crate::{layout, plain};

/// What is said, without head and foot. Nothing is left to be filled in.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// One line.
    pub subject: &'a str,
    /// The text part.
    pub text: &'a str,
    /// What stands in the body of the HTML part, as [`fill`](crate::render::fill) made it; without it,
    /// it is made from the text.
    pub html: Option<&'a str>,
}

/// Puts it between the head and the foot of the business's mails.
#[must_use]
pub fn dress(letter: &Letter<'_>, around: &Surroundings<'_>) -> Rendered {
    let content = match letter.html {
        Some(html) => html.to_owned(),
        None => layout::parts(&[written(letter.text)], around.theme),
    };
    Rendered {
        locale: around.locale,
        subject: letter.subject.to_owned(),
        text: plain::mail(letter.text.trim_end(), around),
        html: layout::mail(letter.subject, content, around),
        empty: Vec::new(),
    }
}

/// Paragraphs are separated by empty lines; whole addresses can be clicked.
fn written(text: &str) -> Part {
    let mut paragraphs: Vec<Paragraph> = vec![Vec::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            Some(last) if !line.trim().is_empty() => last.push(spans(line.trim_end())),
            _ => paragraphs.push(Vec::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    Part::Text {
        paragraphs,
        align: Align::Left,
    }
}

fn spans(line: &str) -> Vec<Span> {
    let span = |text: &str, link| Span {
        text: text.to_owned(),
        bold: false,
        italic: false,
        link,
    };
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some((before, address, after)) = next_address(rest) {
        spans.push(span(before, None));
        spans.push(span(address, Link::parse(address).ok()));
        rest = after;
    }
    spans.push(span(rest, None));
    spans.retain(|span| !span.text.is_empty());
    spans
}

/// Up to the next white space; the sentence's own punctuation does not belong to it.
fn next_address(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("https://")?;
    let (before, rest) = text.split_at(start);
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '"', '\'', '>']);
    Some((before, address, &rest[address.len()..]))
}

#[cfg(test)]
mod tests {
    use domain::settings::Locale;

    use super::*;
    use crate::{Footer, Theme};

    fn dressed(text: &str) -> Rendered {
        let letter = Letter {
            subject: "Termin & mehr",
            text,
            html: None,
        };
        dress(
            &letter,
            &Surroundings {
                locale: Locale::De,
                business_name: "Studio <Mitte>",
                address: &["Hauptstr. 1".to_owned()],
                theme: &Theme::default(),
                footer: &Footer::Internal,
            },
        )
    }

    #[test]
    fn what_was_typed_is_in_both_parts_and_is_no_markup() {
        let mail = dressed("Hallo <b>Ada</b>,\npasst Dienstag?\n\nBis bald");
        assert!(mail.text.starts_with(
            "Hallo <b>Ada</b>,\npasst Dienstag?\n\nBis bald\n\n-- \nStudio <Mitte>\n"
        ));
        assert!(mail.html.contains("Hallo &lt;b&gt;Ada&lt;/b&gt;,"));
        assert!(mail.html.contains("Studio &lt;Mitte&gt;"));
        assert!(!mail.html.contains("<b>Ada"));
    }

    #[test]
    fn addresses_can_be_clicked_and_sentences_stay_sentences() {
        let mail = dressed("Hier buchen: https://example.org/a?b=1. Oder (https://example.org/c)!");
        assert!(mail.html.contains("href=\"https://example.org/a?b=1\""));
        assert!(mail.html.contains("href=\"https://example.org/c\""));
        let odd = dressed("https:// allein, javascript:alert(1), http://example.org");
        assert!(!odd.html.contains("href=\"javascript"), "{}", odd.html);
        assert!(!odd.html.contains("href=\"http://"), "{}", odd.html);
    }
}
