//! The built-in texts: what is sent before anybody has edited a template.

mod de;
mod en;

use std::collections::BTreeMap;

use domain::settings::Locale;

use crate::block::{Block, Run};
use crate::kind::TemplateKind;
use crate::template::{Body, Template, Version};

/// A built-in text. Paragraphs are separated by empty lines.
struct Text {
    subject: &'static str,
    before: &'static str,
    /// Its label, and the variable with the link.
    button: Option<(&'static str, &'static str)>,
    after: &'static str,
}

impl Template {
    /// The built-in template of a kind, in every language.
    #[must_use]
    pub fn built_in(kind: TemplateKind) -> Self {
        let of = |locale: Locale| (locale, version(kind, locale));
        Self {
            kind,
            versions: BTreeMap::from(Locale::ALL.map(of)),
        }
    }
}

fn version(kind: TemplateKind, locale: Locale) -> Version {
    let text = match locale {
        Locale::De => de::text(kind),
        Locale::En => en::text(kind),
    };
    let mut blocks = vec![paragraphs(text.before)];
    if let Some((label, link)) = text.button {
        blocks.push(Block::Button {
            label: label.to_owned(),
            link: format!("##{{{{{link}}}}}"),
        });
    }
    if !text.after.is_empty() {
        blocks.push(paragraphs(text.after));
    }
    Version {
        subject: text.subject.to_owned(),
        body: Body::Blocks { blocks },
    }
}

fn paragraphs(text: &str) -> Block {
    Block::Text {
        runs: vec![Run::plain(text)],
        align: Default::default(),
    }
}
