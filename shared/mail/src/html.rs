//! HTML that somebody wrote by hand: a small subset, read strictly.
//!
//! Nothing is repaired. What is not written as this subset is refused with the reason, so there is
//! nothing that a mail program could read differently from us: every tag is known, quoted and
//! closed, every attribute is known, every link is https. That also keeps it from closing the
//! tables around it or hiding the footer below it.

use domain::field::FieldError;
use domain::variables::{self, VariableError};

use crate::kind::TemplateKind;
use crate::link::{self, LinkError};
use crate::value::ValueType;

const TAGS: [&str; 33] = [
    "a",
    "b",
    "blockquote",
    "br",
    "center",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "caption",
];
const VOID: [&str; 3] = ["br", "hr", "img"];
const ATTRIBUTES: [&str; 16] = [
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "colspan",
    "dir",
    "height",
    "lang",
    "role",
    "rowspan",
    "style",
    "title",
    "valign",
    "width",
];

/// A piece of HTML of the subset.
#[derive(Debug)]
pub(crate) enum Token<'h> {
    Text(&'h str),
    Open {
        tag: &'h str,
        attributes: Vec<(&'h str, &'h str)>,
    },
    Close(&'h str),
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HtmlError {
    #[error("`{0}` is not a tag that can be read")]
    Malformed(String),
    #[error("the tag `{0}` is not allowed in mail")]
    Tag(String),
    #[error("the attribute `{1}` of `{0}` is not allowed in mail")]
    Attribute(String, String),
    #[error("`style=\"{0}\"` has more than colours, sizes and spaces")]
    Style(String),
    #[error("`{0}` is opened and never closed, or closed in the wrong place")]
    Unbalanced(String),
    #[error("a picture has no `alt`")]
    NoAlt,
}

impl HtmlError {
    fn remedy(&self) -> &'static str {
        match self {
            Self::Malformed(_) => {
                "write tags as <p style=\"..\"> and </p>, in small letters, with quoted attributes; \
                 write < as &lt;; leave out comments"
            }
            Self::Tag(_) => "use blocks, or text, tables, pictures and links only",
            Self::Attribute(..) => "remove it; looks belong into style",
            Self::Style(_) => "remove addresses, positions and everything that hides",
            Self::Unbalanced(_) => "close every tag in the reverse order of opening",
            Self::NoAlt => "say what the picture shows: alt=\"..\"",
        }
    }
}

/// Checks it when a template is saved.
pub(crate) fn check(field: &str, html: &str, kind: TemplateKind) -> Result<(), Vec<FieldError>> {
    let tokens = tokens(html).map_err(|error| {
        vec![FieldError::new(
            field,
            "invalid_html",
            format!("`{field}`: {error}"),
            error.remedy(),
        )]
    })?;
    let known = kind.known(Default::default());
    let is_link = |name: &str| {
        let variable = kind.variable(name);
        variable.is_some_and(|variable| variable.value_type() == ValueType::Link)
    };
    let mut errors = Vec::new();
    let mut note = |result: Result<(), FieldError>| errors.extend(result.err());
    for token in &tokens {
        match token {
            Token::Text(text) => note(variables::check(field, text, &known)),
            Token::Open { attributes, .. } => {
                for (name, value) in attributes {
                    note(variables::check(field, value, &known));
                    if is_address(name) && !reaches_a_person(value) {
                        note(link::check(field, value, is_link));
                    }
                }
            }
            Token::Close(_) => {}
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Why it could not be filled in.
#[derive(Debug)]
pub(crate) enum FillError {
    Html,
    Variable(VariableError),
    Link(LinkError),
}

/// Fills in values: escaped, in links percent-encoded. Line breaks of values become `<br>`.
pub(crate) fn fill(
    html: &str,
    value_of: impl Fn(&str) -> Option<String>,
) -> Result<String, FillError> {
    let mut out = String::with_capacity(html.len());
    for token in tokens(html).map_err(|_| FillError::Html)? {
        match token {
            Token::Text(text) => {
                let filled = variables::fill(text, |name| {
                    Some(escaped(&value_of(name)?).replace('\n', "<br>\n").into())
                });
                out.push_str(&filled.map_err(FillError::Variable)?);
            }
            Token::Close(tag) => out.push_str(&format!("</{tag}>")),
            Token::Open { tag, attributes } => {
                out.push_str(&format!("<{tag}"));
                for (name, value) in attributes {
                    let value = attribute(name, value, &value_of)?;
                    out.push_str(&format!(" {name}=\"{value}\""));
                }
                out.push('>');
            }
        }
    }
    Ok(out)
}

fn attribute(
    name: &str,
    value: &str,
    value_of: &impl Fn(&str) -> Option<String>,
) -> Result<String, FillError> {
    if is_address(name) && !reaches_a_person(value) {
        let link = link::filled(value, value_of).map_err(FillError::Variable)?;
        // The author's own `&amp;` stays one.
        return Ok(escaped(link.map_err(FillError::Link)?.as_str()).replace("&amp;amp;", "&amp;"));
    }
    let filled = variables::fill(value, |name| Some(escaped(&value_of(name)?).into()));
    filled.map_err(FillError::Variable)
}

/// Text as it can stand between tags and inside quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn is_address(attribute: &str) -> bool {
    matches!(attribute, "href" | "src")
}

/// `mailto:` and `tel:`, with plain characters only.
fn reaches_a_person(value: &str) -> bool {
    let rest = value
        .strip_prefix("mailto:")
        .or_else(|| value.strip_prefix("tel:"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "@.+-_%".contains(c);
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain))
}

fn tokens(html: &str) -> Result<Vec<Token<'_>>, HtmlError> {
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(inside) = rest.strip_prefix('<') else {
            let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            tokens.push(Token::Text(text));
            rest = after;
            continue;
        };
        let (token, after) = match inside.strip_prefix('/') {
            Some(name) => close(name, &mut open)?,
            None => start(inside, &mut open)?,
        };
        tokens.push(token);
        rest = after;
    }
    match open.pop() {
        Some(tag) => Err(HtmlError::Unbalanced(tag.to_owned())),
        None => Ok(tokens),
    }
}

fn close<'h>(text: &'h str, open: &mut Vec<&'h str>) -> Result<(Token<'h>, &'h str), HtmlError> {
    let (tag, rest) = name(text).ok_or_else(|| malformed(text))?;
    let rest = rest
        .trim_start()
        .strip_prefix('>')
        .ok_or_else(|| malformed(text))?;
    if open.pop() != Some(tag) {
        return Err(HtmlError::Unbalanced(tag.to_owned()));
    }
    Ok((Token::Close(tag), rest))
}

fn start<'h>(text: &'h str, open: &mut Vec<&'h str>) -> Result<(Token<'h>, &'h str), HtmlError> {
    let (tag, mut rest) = name(text).ok_or_else(|| malformed(text))?;
    if !TAGS.contains(&tag) {
        return Err(HtmlError::Tag(tag.to_owned()));
    }
    let mut attributes: Vec<(&str, &str)> = Vec::new();
    let rest = loop {
        let spaced = rest.trim_start();
        if let Some(after) = spaced.strip_prefix('>') {
            break after;
        }
        if let Some(after) = spaced.strip_prefix("/>").filter(|_| VOID.contains(&tag)) {
            break after;
        }
        if spaced.len() == rest.len() {
            return Err(malformed(text));
        }
        let (attribute, after) = name(spaced).ok_or_else(|| malformed(text))?;
        let quoted = after.strip_prefix("=\"").ok_or_else(|| malformed(text))?;
        let (value, after) = quoted.split_once('"').ok_or_else(|| malformed(text))?;
        if value.contains(['<', '>']) || attributes.iter().any(|(seen, _)| *seen == attribute) {
            return Err(malformed(text));
        }
        check_attribute(tag, attribute, value)?;
        attributes.push((attribute, value));
        rest = after;
    };
    if tag == "img" && !attributes.iter().any(|(name, _)| *name == "alt") {
        return Err(HtmlError::NoAlt);
    }
    if !VOID.contains(&tag) {
        open.push(tag);
    }
    Ok((Token::Open { tag, attributes }, rest))
}

fn check_attribute(tag: &str, attribute: &str, value: &str) -> Result<(), HtmlError> {
    let own = matches!((tag, attribute), ("a", "href") | ("img", "src"));
    if !own && !ATTRIBUTES.contains(&attribute) {
        return Err(HtmlError::Attribute(tag.to_owned(), attribute.to_owned()));
    }
    if attribute == "style" {
        let plain = |c: char| c.is_ascii_alphanumeric() || " #%.,:;()'-".contains(c);
        let small = value.to_ascii_lowercase();
        // These load, lay over, or hide.
        const REFUSED: [&str; 8] = [
            "url",
            "expression",
            "position",
            "display",
            "visibility",
            "opacity",
            "behavior",
            "import",
        ];
        let negative = small
            .split('-')
            .skip(1)
            .any(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
        if negative || !value.chars().all(plain) || REFUSED.iter().any(|word| small.contains(word))
        {
            return Err(HtmlError::Style(value.to_owned()));
        }
    }
    Ok(())
}

/// Small letters and digits, the first a letter.
fn name(text: &str) -> Option<(&str, &str)> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let end = text.find(|c| !fits(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    name.starts_with(|c: char| c.is_ascii_lowercase())
        .then_some((name, rest))
}

fn malformed(text: &str) -> HtmlError {
    let shown: String = text.chars().take(30).collect();
    HtmlError::Malformed(format!("<{shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(html: &str) -> String {
        let errors = check("html", html, TemplateKind::WaiverUpdated).unwrap_err();
        errors[0].message.clone()
    }

    #[test]
    fn what_mail_needs_is_allowed() {
        let html = "<table role=\"presentation\" width=\"100%\"><tr><td style=\"color:#111;padding:0 8px\">\
            <p>Hallo ##{{first_name}},<br/>a &lt; b</p>\
            <a href=\"##{{url}}\">hier</a> <a href=\"mailto:a@b.example\">Post</a>\
            <img src=\"https://example.org/a.png\" alt=\"##{{business_name}}\"></td></tr></table>";
        assert_eq!(check("html", html, TemplateKind::WaiverUpdated), Ok(()));
    }

    #[test]
    fn everything_else_is_refused() {
        for html in [
            "<script>alert(1)</script>",
            "<p onclick=\"x\">a</p>",
            "<a href=\"javascript:alert(1)\">a</a>",
            "<a href=\"java&#115;cript:alert(1)\">a</a>",
            "<a href=\" http://example.org\">a</a>",
            "<p style=\"background:url(https://a.example)\">a</p>",
            "<p style=\"display:none\">a",
            "<p style=\"margin-top:-99px\">a</p>",
            "<div>a",
            "a</td>",
            "<b><i>a</b></i>",
            "<!-- a -->",
            "<P>a</P>",
            "<p style=color:red>a</p>",
            "<p style=\"a\"title=\"b\">a</p>",
            "<img src=\"https://example.org/a.png\">",
            "<p ##{{first_name}}=\"a\">a</p>",
            "<iframe src=\"https://example.org\"></iframe>",
            "1 < 2",
            "<a href=\"https://a.example\" href=\"https://b.example\">a</a>",
            "##{{firstname}}",
            "<a href=\"##{{first_name}}\">a</a>",
        ] {
            assert!(!problem(html).is_empty(), "{html}");
        }
    }

    #[test]
    fn values_stay_text() {
        let value = |name: &str| match name {
            "n" => Some("<b>\"&'\nB".to_owned()),
            "url" => Some("https://example.org/?a=1&b=2".to_owned()),
            "evil" => Some("javascript:alert(1)".to_owned()),
            _ => None,
        };
        let html = "<a href=\"##{{url}}\" title=\"##{{n}}\">##{{n}}</a>\
            <a href=\"https://example.org/?a=1&amp;q=##{{n}}\">x</a>";
        assert_eq!(
            fill(html, value).unwrap(),
            "<a href=\"https://example.org/?a=1&amp;b=2\" title=\"&lt;b&gt;&quot;&amp;&#39;\nB\">\
             &lt;b&gt;&quot;&amp;&#39;<br>\nB</a>\
             <a href=\"https://example.org/?a=1&amp;q=%3Cb%3E%22%26%27%0AB\">x</a>"
        );
        assert!(fill("<a href=\"##{{evil}}\">a</a>", value).is_err());
        assert!(fill("##{{unknown}}", value).is_err());
    }
}
