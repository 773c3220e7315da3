//! Blocks: what an editor that drags and drops puts a mail together from. Closed and typed, so
//! that nothing can be stored that cannot be sent.

use domain::field::{FieldError, FieldErrors, too_long};
use domain::variables;
use serde::{Deserialize, Serialize};

use crate::kind::TemplateKind;
use crate::link;
use crate::value::ValueType;

/// How many blocks a body may have, those in columns included.
pub const MOST_BLOCKS: usize = 100;
/// The longest text of a body, in characters.
pub const LONGEST_TEXT: usize = 20_000;
/// The longest heading, label or description of a picture, in characters.
pub const LONGEST_LINE: usize = 300;
/// How wide a mail is, in pixels.
pub const WIDEST: u16 = 600;

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// A heading.
    Heading {
        /// 1 to 3, 1 is the largest.
        level: u8,
        /// Its words.
        text: String,
        /// Where it stands.
        #[serde(default, skip_serializing_if = "is_default")]
        align: Align,
    },
    /// Paragraphs, separated by empty lines.
    Text {
        /// Words of one look each; put together they are the text.
        runs: Vec<Run>,
        /// Where it stands.
        #[serde(default, skip_serializing_if = "is_default")]
        align: Align,
    },
    /// A picture.
    Image {
        /// Where it lies: https.
        source: String,
        /// What it shows, for those who do not see it. Required.
        alt: String,
        /// In pixels, at most [`WIDEST`], which is also the default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        width: Option<u16>,
        /// Where a tap leads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// Where it stands.
        #[serde(default, skip_serializing_if = "is_default")]
        align: Align,
    },
    /// A link that looks like a button. Left out where its link is a variable without a value.
    Button {
        /// Its words.
        label: String,
        /// Where it leads.
        link: String,
    },
    /// A line across.
    Divider {},
    /// Two or three columns beside each other; on a phone below each other. No columns in columns.
    Columns {
        /// What stands in each.
        columns: Vec<Vec<Block>>,
    },
}

/// Words of one look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The words; line breaks are kept.
    pub text: String,
    /// Set in bold.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bold: bool,
    /// Set in italics.
    #[serde(default, skip_serializing_if = "is_default")]
    pub italic: bool,
    /// Where a tap leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Run {
    /// Words without any look of their own.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }
}

/// Where something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

impl Align {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Center => "center",
            Self::Right => "right",
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Checks blocks when a template is saved.
pub(crate) fn check(field: &str, blocks: &[Block], kind: TemplateKind, errors: &mut FieldErrors) {
    let count = count(blocks);
    if count == 0 {
        errors.push(FieldError::new(
            field,
            "required",
            format!("`{field}` has no blocks"),
            "add at least one block",
        ));
    }
    if count > MOST_BLOCKS {
        errors.push(FieldError::new(
            field,
            "too_many",
            format!("`{field}` has {count} blocks; at most {MOST_BLOCKS} are allowed"),
            "merge text blocks, or send less",
        ));
    }
    let length: usize = texts(blocks).map(|text| text.chars().count()).sum();
    if let Some(error) = too_long(field, length, LONGEST_TEXT) {
        errors.push(error);
    }
    Checker { kind, errors }.each(field, blocks, false);
}

/// Every text in which variables may stand, for [`TemplateKind::required`].
pub(crate) fn texts(blocks: &[Block]) -> Box<dyn Iterator<Item = &str> + '_> {
    Box::new(
        blocks
            .iter()
            .flat_map(|block| -> Box<dyn Iterator<Item = &str>> {
                match block {
                    Block::Heading { text, .. } => Box::new(std::iter::once(text.as_str())),
                    Block::Text { runs, .. } => Box::new(runs.iter().flat_map(|run| {
                        std::iter::once(run.text.as_str()).chain(run.link.as_deref())
                    })),
                    Block::Image {
                        source, alt, link, ..
                    } => Box::new(
                        [source.as_str(), alt.as_str()]
                            .into_iter()
                            .chain(link.as_deref()),
                    ),
                    Block::Button { label, link } => {
                        Box::new([label.as_str(), link.as_str()].into_iter())
                    }
                    Block::Divider {} => Box::new(std::iter::empty()),
                    Block::Columns { columns } => {
                        Box::new(columns.iter().flat_map(|column| texts(column)))
                    }
                }
            }),
    )
}

fn count(blocks: &[Block]) -> usize {
    let of = |block: &Block| match block {
        Block::Columns { columns } => 1 + columns.iter().map(|c| count(c)).sum::<usize>(),
        _ => 1,
    };
    blocks.iter().map(of).sum()
}

struct Checker<'e> {
    kind: TemplateKind,
    errors: &'e mut FieldErrors,
}

impl Checker<'_> {
    fn each(&mut self, field: &str, blocks: &[Block], inside: bool) {
        for (index, block) in blocks.iter().enumerate() {
            self.block(&format!("{field}[{index}]"), block, inside);
        }
    }

    fn block(&mut self, field: &str, block: &Block, inside: bool) {
        match block {
            Block::Heading { level, text, .. } => {
                if !(1..=3).contains(level) {
                    self.errors.push(FieldError::new(
                        &format!("{field}.level"),
                        "out_of_range",
                        format!("`{field}.level` is {level}"),
                        "choose 1, 2 or 3; 1 is the largest",
                    ));
                }
                self.line(&format!("{field}.text"), text, "write the heading");
            }
            Block::Text { runs, .. } => self.runs(field, runs),
            Block::Image {
                source,
                alt,
                width,
                link,
                ..
            } => self.image(field, source, alt, *width, link.as_deref()),
            Block::Button { label, link } => {
                self.line(
                    &format!("{field}.label"),
                    label,
                    "say what happens on a tap",
                );
                self.link(&format!("{field}.link"), link);
            }
            Block::Divider {} => {}
            Block::Columns { columns } => self.columns(field, columns, inside),
        }
    }

    fn runs(&mut self, field: &str, runs: &[Run]) {
        for (index, run) in runs.iter().enumerate() {
            self.variables(&format!("{field}.runs[{index}].text"), &run.text);
            if let Some(link) = &run.link {
                self.link(&format!("{field}.runs[{index}].link"), link);
            }
        }
        if runs.iter().all(|run| run.text.trim().is_empty()) {
            self.errors.push(FieldError::new(
                &format!("{field}.runs"),
                "required",
                format!("`{field}` has no words"),
                "write something, or remove the block",
            ));
        }
    }

    fn image(
        &mut self,
        field: &str,
        source: &str,
        alt: &str,
        width: Option<u16>,
        link: Option<&str>,
    ) {
        self.link(&format!("{field}.source"), source);
        self.line(
            &format!("{field}.alt"),
            alt,
            "say what the picture shows; many mail programs do not load pictures",
        );
        if let Some(width) = width.filter(|width| !(1..=WIDEST).contains(width)) {
            self.errors.push(FieldError::new(
                &format!("{field}.width"),
                "out_of_range",
                format!("`{field}.width` is {width}"),
                format!("choose 1 to {WIDEST} pixels"),
            ));
        }
        if let Some(link) = link {
            self.link(&format!("{field}.link"), link);
        }
    }

    fn columns(&mut self, field: &str, columns: &[Vec<Block>], inside: bool) {
        if inside {
            self.errors.push(FieldError::new(
                field,
                "nested_columns",
                format!("`{field}` puts columns into a column"),
                "place them below each other",
            ));
            return;
        }
        if !(2..=3).contains(&columns.len()) {
            self.errors.push(FieldError::new(
                &format!("{field}.columns"),
                "out_of_range",
                format!("`{field}` has {} columns", columns.len()),
                "use two or three",
            ));
        }
        for (index, column) in columns.iter().enumerate() {
            self.each(&format!("{field}.columns[{index}]"), column, true);
        }
    }

    fn line(&mut self, field: &str, text: &str, purpose: &str) {
        let checked = domain::field::required_text(field, Some(text), LONGEST_LINE, purpose);
        if self.errors.take(checked).is_some() {
            self.variables(field, text);
        }
    }

    fn variables(&mut self, field: &str, text: &str) {
        let known = self.kind.known(Default::default());
        self.errors.take(variables::check(field, text, &known));
    }

    fn link(&mut self, field: &str, text: &str) {
        let known = self.kind.known(Default::default());
        let kind = self.kind;
        let is_link = |name: &str| {
            let variable = kind.variable(name);
            variable.is_some_and(|variable| variable.value_type() == ValueType::Link)
        };
        let checked =
            variables::check(field, text, &known).and_then(|()| link::check(field, text, is_link));
        self.errors.take(checked);
    }
}
