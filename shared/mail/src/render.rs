//! A template and its values become subject, text part and HTML part.

use std::collections::BTreeMap;

use domain::settings::Locale;
use domain::variables::{self, Piece, VariableError, pieces};
use serde::Serialize;

use crate::block::{Align, Block, Run, WIDEST};
use crate::footer::Footer;
use crate::html::FillError;
use crate::kind::TemplateKind;
use crate::letter::{Letter, dress};
use crate::link::{Link, LinkError};
use crate::template::{Body, Template};
use crate::theme::Theme;
use crate::value::{Value, ValueType, Values};
use crate::{html, layout, link, plain};

/// Above this many bytes of HTML, Gmail shows only the beginning, without the footer.
pub const GMAIL_CLIPS_AT: usize = 102 * 1024;

/// What is around the body.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The language wanted. Where the template lacks it, another of its versions is taken.
    pub locale: Locale,
    /// The name of the business.
    pub business_name: &'a str,
    /// Its postal address, line by line.
    pub address: &'a [String],
    /// Its looks.
    pub theme: &'a Theme,
    /// What stands at the end.
    pub footer: &'a Footer,
}

/// A mail, ready to be addressed. `Debug` shows sizes only.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// In which language it is.
    pub locale: Locale,
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// The variables of the template that stood for nothing; a preview shows them.
    pub empty: Vec<&'static str>,
}

impl Rendered {
    /// Whether Gmail would show only the beginning.
    #[must_use]
    pub fn is_clipped_by_gmail(&self) -> bool {
        self.html.len() > GMAIL_CLIPS_AT
    }
}

impl std::fmt::Debug for Rendered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered")
            .field("locale", &self.locale)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .field("html", &format_args!("{} bytes", self.html.len()))
            .field("empty", &self.empty)
            .finish_non_exhaustive()
    }
}

/// A template with its values, not addressed to anybody yet: without head and foot. `Debug` shows
/// sizes only.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled {
    /// In which language it is.
    pub locale: Locale,
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// What stands in the body of the HTML part.
    pub html: String,
    /// The variables of the template that stood for nothing.
    pub empty: Vec<&'static str>,
}

impl std::fmt::Debug for Filled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filled")
            .field("locale", &self.locale)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .field("html", &format_args!("{} bytes", self.html.len()))
            .finish_non_exhaustive()
    }
}

/// Why no mail could be made. Nothing may be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The template has no version at all.
    #[error("the template has no version in any language")]
    NoVersion,
    /// A variable that cannot be empty has no value.
    #[error("`##{{{{{0}}}}}` has no value")]
    Missing(&'static str),
    /// A value is not of the variable's type.
    #[error("the value of `##{{{{{name}}}}}` is not of the type {expected:?}")]
    WrongType {
        /// The variable.
        name: &'static str,
        /// What it must be.
        expected: ValueType,
    },
    /// The text is not one that can be filled in.
    #[error("a variable of the text cannot be filled in")]
    Variable(#[from] VariableError),
    /// With its values a link is none.
    #[error("a link of the text is none any more with its values")]
    Link(#[from] LinkError),
    /// The HTML is not of the subset.
    #[error("the HTML is not of the kind that was checked on save")]
    Html,
    /// With its values there is no subject left.
    #[error("with its values the subject is empty")]
    NoSubject,
}

impl From<FillError> for RenderError {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Html => Self::Html,
            FillError::Variable(error) => Self::Variable(error),
            FillError::Link(error) => Self::Link(error),
        }
    }
}

/// Makes the mail.
pub fn render(
    template: &Template,
    values: &Values,
    around: &Surroundings<'_>,
) -> Result<Rendered, RenderError> {
    let filled = fill(template, values, around.locale, around.theme)?;
    let letter = Letter {
        subject: &filled.subject,
        text: &filled.text,
        html: Some(&filled.html),
    };
    let around = Surroundings {
        locale: filled.locale,
        ..*around
    };
    Ok(Rendered {
        empty: filled.empty,
        ..dress(&letter, &around)
    })
}

/// Fills a template in.
pub fn fill(
    template: &Template,
    values: &Values,
    wanted: Locale,
    theme: &Theme,
) -> Result<Filled, RenderError> {
    let (locale, version) = template.version(wanted).ok_or(RenderError::NoVersion)?;
    let filler = Filler::new(template.kind, values, locale)?;
    let subject = filler.line(&version.subject)?;
    if subject.is_empty() {
        return Err(RenderError::NoSubject);
    }
    let (text, html) = match &version.body {
        Body::Text { text } => {
            let runs = [Run::plain(text)];
            let part = filler.text(&runs, Align::Left)?;
            both(part.as_slice(), theme)
        }
        Body::Blocks { blocks } => both(&filler.parts(blocks)?, theme),
        Body::Html { html, text } => {
            let runs = [Run::plain(text)];
            let part = filler.text(&runs, Align::Left)?;
            let html = html::fill(html, |name| filler.values.get(name).cloned())?;
            (plain::text(part.as_slice()), html)
        }
    };
    let used = |name: &&str| version.texts().any(|text| mentions(text, name));
    Ok(Filled {
        locale,
        subject,
        text,
        html,
        empty: filler.empty.iter().copied().filter(used).collect(),
    })
}

fn both(parts: &[Part], theme: &Theme) -> (String, String) {
    (plain::text(parts), layout::parts(parts, theme))
}

pub(crate) fn mentions(text: &str, name: &str) -> bool {
    let is_it = |piece| matches!(piece, Ok(Piece::Variable { name: found, .. }) if found == name);
    pieces(text).any(is_it)
}

/// A block with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Heading {
        level: u8,
        text: String,
        align: Align,
    },
    /// Paragraphs of lines of spans.
    Text {
        paragraphs: Vec<Paragraph>,
        align: Align,
    },
    Image {
        source: Link,
        alt: String,
        width: u16,
        link: Option<Link>,
        align: Align,
    },
    Button {
        label: String,
        link: Link,
    },
    Divider,
    Columns(Vec<Vec<Part>>),
}

/// Lines of spans.
pub(crate) type Paragraph = Vec<Vec<Span>>;

/// Words of one look on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) link: Option<Link>,
}

struct Filler {
    kind: TemplateKind,
    values: BTreeMap<&'static str, String>,
    empty: Vec<&'static str>,
}

impl Filler {
    fn new(kind: TemplateKind, given: &Values, locale: Locale) -> Result<Self, RenderError> {
        let mut values = BTreeMap::new();
        let mut empty = Vec::new();
        for variable in kind.variables() {
            let name = variable.name;
            let expected = variable.value_type();
            let value = given.get(name);
            if value.is_some_and(|value| value.value_type() != expected) {
                return Err(RenderError::WrongType { name, expected });
            }
            let shown = value
                .map(|value: &Value| value.show(locale))
                .unwrap_or_default();
            if shown.is_empty() {
                if !variable.may_be_empty {
                    return Err(RenderError::Missing(name));
                }
                empty.push(name);
            }
            values.insert(name, shown);
        }
        Ok(Self {
            kind,
            values,
            empty,
        })
    }

    fn fill(&self, text: &str) -> Result<String, VariableError> {
        variables::fill(text, |name| {
            self.values.get(name).map(|value| value.as_str().into())
        })
    }

    /// One line, whatever the values bring.
    fn line(&self, text: &str) -> Result<String, VariableError> {
        let filled = self.fill(text)?;
        Ok(filled.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// `None`: a variable without a value.
    fn link(&self, text: &str) -> Result<Option<Link>, RenderError> {
        let value_of = |name: &str| self.values.get(name).cloned();
        if self.fill(text)?.is_empty() {
            return Ok(None);
        }
        Ok(Some(link::filled(text, value_of)??))
    }

    fn parts(&self, blocks: &[Block]) -> Result<Vec<Part>, RenderError> {
        let mut parts = Vec::with_capacity(blocks.len());
        for block in blocks {
            parts.extend(self.part(block)?);
        }
        Ok(parts)
    }

    fn part(&self, block: &Block) -> Result<Option<Part>, RenderError> {
        Ok(match block {
            Block::Heading { level, text, align } => {
                let text = self.line(text)?;
                (!text.is_empty()).then_some(Part::Heading {
                    level: (*level).clamp(1, 3),
                    text,
                    align: *align,
                })
            }
            Block::Text { runs, align } => self.text(runs, *align)?,
            Block::Image {
                source,
                alt,
                width,
                link,
                align,
            } => {
                let link = link.as_deref().map(|link| self.link(link)).transpose()?;
                let (alt, align) = (self.line(alt)?, *align);
                self.link(source)?.map(|source| Part::Image {
                    source,
                    alt,
                    width: width.unwrap_or(WIDEST),
                    link: link.flatten(),
                    align,
                })
            }
            Block::Button { label, link } => {
                let label = self.line(label)?;
                self.link(link)?.map(|link| Part::Button { label, link })
            }
            Block::Divider {} => Some(Part::Divider),
            Block::Columns { columns } => {
                let columns = columns.iter().map(|column| self.parts(column));
                Some(Part::Columns(columns.collect::<Result<_, _>>()?))
            }
        })
    }

    /// `None` when nothing is left to say.
    fn text(&self, runs: &[Run], align: Align) -> Result<Option<Part>, RenderError> {
        let mut paragraphs: Vec<Paragraph> = vec![Vec::new()];
        for line in author_lines(runs) {
            let written = line.iter().any(|(_, text)| !text.trim().is_empty());
            let spans = self.spans(&line)?;
            let blank = |spans: &[Span]| spans.iter().all(|span| span.text.trim().is_empty());
            // A line of variables that stand for nothing goes; a blank line ends a paragraph.
            if written && blank(&spans) {
                continue;
            }
            for line in split_lines(spans) {
                match paragraphs.last_mut() {
                    Some(last) if !blank(&line) => last.push(line),
                    _ => paragraphs.push(Vec::new()),
                }
            }
        }
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        Ok((!paragraphs.is_empty()).then_some(Part::Text { paragraphs, align }))
    }

    fn spans(&self, line: &[(&Run, &str)]) -> Result<Vec<Span>, RenderError> {
        let mut spans = Vec::new();
        for (run, text) in line {
            let own = run
                .link
                .as_deref()
                .map(|link| self.link(link))
                .transpose()?;
            let span = |text: String, link: Option<Link>| Span {
                text,
                bold: run.bold,
                italic: run.italic,
                link,
            };
            if let Some(own) = own {
                spans.push(span(self.fill(text)?, own));
                continue;
            }
            for segment in self.segments(text) {
                let link = match segment {
                    Segment::Link(text) => self.link(text)?,
                    Segment::Words(_) => None,
                };
                spans.push(span(self.fill(segment.text())?, link));
            }
        }
        Ok(spans)
    }

    /// Finds the links in what the author wrote. What values bring is never made a link.
    fn segments<'t>(&self, text: &'t str) -> Vec<Segment<'t>> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some((start, end)) = self.next_link(rest) {
            segments.push(Segment::Words(&rest[..start]));
            segments.push(Segment::Link(&rest[start..end]));
            rest = &rest[end..];
        }
        segments.push(Segment::Words(rest));
        segments
    }

    fn next_link(&self, text: &str) -> Option<(usize, usize)> {
        let is_link = |name: &str| {
            let variable = self.kind.variable(name);
            variable.is_some_and(|variable| variable.value_type() == ValueType::Link)
        };
        let mut at = 0;
        for piece in pieces(text) {
            match piece {
                Ok(Piece::Variable { name, after }) => {
                    let end = text.len() - after.len();
                    if is_link(name) {
                        return Some((at, end));
                    }
                    at = end;
                }
                Ok(Piece::Text(part)) => {
                    if let Some(start) = part.find("https://") {
                        let word = part[start..].split_whitespace().next().unwrap_or_default();
                        let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
                        // An address that goes on with a variable stays plain text.
                        let ends_here =
                            start + word.len() < part.len() || at + part.len() == text.len();
                        if ends_here && Link::parse(word).is_ok() {
                            return Some((at + start, at + start + word.len()));
                        }
                    }
                    at += part.len();
                }
                Err(_) => return None,
            }
        }
        None
    }
}

/// A part of what the author wrote.
enum Segment<'t> {
    Words(&'t str),
    Link(&'t str),
}

impl<'t> Segment<'t> {
    fn text(&self) -> &'t str {
        match self {
            Self::Words(text) | Self::Link(text) => text,
        }
    }
}

/// What the author wrote, line by line.
fn author_lines(runs: &[Run]) -> Vec<Vec<(&Run, &str)>> {
    let mut lines: Vec<Vec<(&Run, &str)>> = vec![Vec::new()];
    for run in runs {
        for (index, text) in run.text.split('\n').enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push((run, text.strip_suffix('\r').unwrap_or(text)));
            }
        }
    }
    lines
}

/// Values may bring further lines.
fn split_lines(spans: Vec<Span>) -> Vec<Vec<Span>> {
    let mut lines: Vec<Vec<Span>> = vec![Vec::new()];
    for span in spans {
        for (index, text) in span.text.split('\n').enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut().filter(|_| !text.is_empty()) {
                line.push(Span {
                    text: text.to_owned(),
                    ..span.clone()
                });
            }
        }
    }
    lines
}
