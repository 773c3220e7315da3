//! The text part, made from the same parts as the HTML.

use crate::render::{Part, Span, Surroundings};

/// The parts, separated by empty lines.
pub(crate) fn text(parts: &[Part]) -> String {
    let blocks: Vec<String> = parts
        .iter()
        .map(part)
        .filter(|text| !text.is_empty())
        .collect();
    blocks.join("\n\n")
}

/// The whole text part.
pub(crate) fn mail(content: &str, around: &Surroundings<'_>) -> String {
    // Mail programs know this line and fold away what follows (RFC 3676).
    let mut out = format!("{content}\n\n-- \n{}\n", around.business_name);
    for line in around.address {
        out.push_str(&format!("{line}\n"));
    }
    let links = around.footer.links(around.locale);
    if !links.is_empty() {
        out.push('\n');
    }
    for (label, link) in links {
        out.push_str(&format!("{}\n{}\n", announced(label), link.as_str()));
    }
    out
}

fn part(part: &Part) -> String {
    match part {
        Part::Heading { text, level, .. } => match level {
            1 => format!("{text}\n{}", "=".repeat(text.chars().count().min(60))),
            _ => text.clone(),
        },
        Part::Text { paragraphs, .. } => {
            let of_lines = |lines: &Vec<Vec<Span>>| {
                let lines: Vec<String> = lines.iter().map(|line| spans(line)).collect();
                lines.join("\n")
            };
            paragraphs
                .iter()
                .map(of_lines)
                .collect::<Vec<_>>()
                .join("\n\n")
        }
        Part::Image { alt, link, .. } => match link {
            Some(link) => format!("[{alt}]\n{}", link.as_str()),
            None => format!("[{alt}]"),
        },
        Part::Button { label, link } => format!("{}\n{}", announced(label), link.as_str()),
        Part::Divider => "-".repeat(40),
        Part::Columns(columns) => {
            let columns: Vec<String> = columns.iter().map(|column| text(column)).collect();
            columns.join("\n\n")
        }
    }
}

/// A label with the colon that says that something follows.
fn announced(label: &str) -> String {
    let colon = if label.ends_with(['?', '!', '.', ':']) {
        ""
    } else {
        ":"
    };
    format!("{label}{colon}")
}

fn spans(line: &[Span]) -> String {
    let of = |span: &Span| match &span.link {
        Some(link) if link.as_str() != span.text.trim() => {
            format!("{} ({})", span.text, link.as_str())
        }
        _ => span.text.clone(),
    };
    line.iter()
        .map(of)
        .collect::<String>()
        .trim_end()
        .to_owned()
}
