//! The HTML part: tables and inline styles, as mail programs need them, from embedded templates.
//!
//! The engine escapes every value. What is put into another template as it is has gone through
//! one of these templates, or through [`crate::html`], before.

use std::sync::LazyLock;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};

use crate::block::Align;
use crate::html::escaped;
use crate::render::{Part, Surroundings};
use crate::theme::Theme;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // The engine's own escaping also replaces slashes, which makes links hard to read for those
    // who rewrite them on the way.
    environment.set_formatter(|out, _, value| {
        let text = value.to_string();
        let shown = if value.is_safe() {
            text
        } else {
            escaped(&text)
        };
        out.write_str(&shown).map_err(minijinja::Error::from)
    });
    for (name, source) in [
        ("mail", include_str!("../templates/mail.html")),
        ("heading", include_str!("../templates/heading.html")),
        ("text", include_str!("../templates/text.html")),
        ("image", include_str!("../templates/image.html")),
        ("button", include_str!("../templates/button.html")),
        ("divider", include_str!("../templates/divider.html")),
        ("columns", include_str!("../templates/columns.html")),
    ] {
        environment
            .add_template(name, source)
            .expect("the embedded templates are tested");
    }
    environment
});

fn fill(template: &str, values: Value) -> String {
    let template = TEMPLATES
        .get_template(template)
        .expect("one of the list above");
    template
        .render(values)
        .expect("the embedded templates get all their values")
}

/// The parts below each other.
pub(crate) fn parts(parts: &[Part], theme: &Theme) -> String {
    let parts: Vec<String> = parts.iter().map(|one| part(one, theme)).collect();
    parts.join("\n")
}

/// The whole HTML part around its content.
pub(crate) fn mail(subject: &str, content: String, around: &Surroundings<'_>) -> String {
    let links = around.footer.links(around.locale).into_iter();
    let links: Vec<Value> = links
        .map(|(label, link)| context! { label => label, address => link.as_str() })
        .collect();
    let mut lines = vec![around.business_name.to_owned()];
    lines.extend_from_slice(around.address);
    let values = context! {
        lang => around.locale.as_str(),
        subject => subject,
        business => around.business_name,
        logo => around.theme.logo.as_ref().map(|logo| logo.as_str().to_owned()),
        link_color => around.theme.accent.readable_on_white().to_string(),
        content => Value::from_safe_string(content),
        footer_lines => lines,
        footer_links => links,
    };
    fill("mail", values)
}

fn part(one: &Part, theme: &Theme) -> String {
    match one {
        Part::Heading { level, text, align } => {
            let (size, line) = match level {
                1 => (26, 32),
                2 => (21, 28),
                _ => (18, 26),
            };
            let values = context! { level => *level, text => text.as_str(), size => size, line => line, align => align.as_str() };
            fill("heading", values)
        }
        Part::Text { paragraphs, align } => {
            let paragraphs = Value::from(Serde(paragraphs));
            let values = context! { paragraphs => paragraphs, align => align.as_str(), link_color => theme.accent.readable_on_white().to_string() };
            fill("text", values).trim_start().to_owned()
        }
        Part::Image {
            source,
            alt,
            width,
            link,
            align,
        } => {
            let values = context! {
                source => source.as_str(), alt => alt.as_str(), width => *width, align => align.as_str(),
                link => link.as_ref().map(|link| link.as_str().to_owned()),
            };
            fill("image", values)
        }
        Part::Button { label, link } => {
            let values = context! {
                label => label.as_str(), link => link.as_str(), accent => theme.accent.to_string(), align => Align::Left.as_str(),
                on_accent => theme.accent.readable_on().to_string(),
            };
            fill("button", values)
        }
        Part::Divider => fill("divider", context! {}),
        Part::Columns(columns) => {
            let percent = 100 / columns.len().max(1);
            let columns: Vec<Value> = columns
                .iter()
                .map(|column| Value::from_safe_string(parts(column, theme)))
                .collect();
            fill(
                "columns",
                context! { columns => columns, percent => percent },
            )
        }
    }
}
