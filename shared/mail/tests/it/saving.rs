//! What is refused on save, and why.

use std::collections::BTreeMap;

use domain::field::FieldError;
use domain::settings::Locale;
use mail::template::Warning;
use mail::{Block, Body, Run, TemplateDraft, TemplateKind, Version, review};
use serde_json::json;

fn draft(kind: TemplateKind, subject: &str, body: Body) -> Result<Vec<Warning>, Vec<FieldError>> {
    let version = |subject: &str| Version {
        subject: subject.to_owned(),
        body: body.clone(),
    };
    let versions = BTreeMap::from([
        (Locale::De, version(subject)),
        (Locale::En, version(subject)),
    ]);
    review(kind, versions).map(|(_, warnings)| warnings)
}

fn text(text: &str) -> Body {
    Body::Text {
        text: text.to_owned(),
    }
}

/// `field code` of all that is wrong in the German version.
fn problems(kind: TemplateKind, subject: &str, body: Body) -> Vec<String> {
    let errors = draft(kind, subject, body).unwrap_err();
    let of = |error: FieldError| {
        assert!(!error.remedy.is_empty() && !error.message.is_empty());
        let field = error.field.strip_prefix("versions.de.")?;
        Some(format!("{field} {}", error.code))
    };
    errors.into_iter().filter_map(of).collect()
}

#[test]
fn mo_14_an_unknown_variable_is_refused_with_the_nearest_name() {
    let errors = draft(
        TemplateKind::ClassCancelled,
        "Abgesagt",
        text("##{{noteToCustomer}}"),
    )
    .unwrap_err();
    assert_eq!(errors[0].code, "unknown_variable");
    assert!(
        errors[0]
            .remedy
            .starts_with("did you mean `##{{noteToCustomers}}`?"),
        "{}",
        errors[0].remedy
    );
    // One that other kinds have is as unknown.
    let other = problems(
        TemplateKind::Receipt,
        "##{{class_name}}",
        text("##{{amount}}"),
    );
    assert_eq!(other, ["subject unknown_variable"]);
}

#[test]
fn mo_20_the_link_of_the_waiver_must_stay() {
    let kind = TemplateKind::WaiverUpdated;
    assert_eq!(draft(kind, "Neu", text("Hier: ##{{url}}")), Ok(vec![]));
    assert_eq!(
        problems(kind, "Neu ##{{url}}", text("Bitte neu unterschreiben.")),
        ["body required_variable"]
    );
    let half = Body::Html {
        html: "<p>##{{url}}</p>".to_owned(),
        text: "Bitte unterschreiben.".to_owned(),
    };
    assert_eq!(problems(kind, "Neu", half), ["body required_variable"]);
    let button = Body::Blocks {
        blocks: vec![Block::Button {
            label: "Hier".to_owned(),
            link: "##{{url}}".to_owned(),
        }],
    };
    assert_eq!(draft(kind, "Neu", button), Ok(vec![]));
}

#[test]
fn everything_wrong_is_said_at_once_and_where() {
    let blocks = json!([
        { "type": "heading", "level": 4, "text": " " },
        { "type": "text", "runs": [{ "text": "##{{nobody}}", "link": "http://example.org" }] },
        { "type": "image", "source": "ftp://example.org/a.png", "alt": "", "width": 601, "link": "##{{first_name}}" },
        { "type": "columns", "columns": [[
            { "type": "columns", "columns": [[], []] },
            { "type": "button", "label": "", "link": "javascript:alert(1)" },
        ]] },
        { "type": "text", "runs": [] },
    ]);
    let body = Body::Blocks {
        blocks: serde_json::from_value(blocks).unwrap(),
    };
    assert_eq!(
        problems(TemplateKind::ClassCancelled, "a\nb", body),
        [
            "subject line_break",
            "body.blocks[0].level out_of_range",
            "body.blocks[0].text required",
            "body.blocks[1].runs[0].text unknown_variable",
            "body.blocks[1].runs[0].link invalid_link",
            "body.blocks[2].source invalid_link",
            "body.blocks[2].alt required",
            "body.blocks[2].width out_of_range",
            "body.blocks[2].link invalid_link",
            "body.blocks[3].columns out_of_range",
            "body.blocks[3].columns[0][0] nested_columns",
            "body.blocks[3].columns[0][1].label required",
            "body.blocks[3].columns[0][1].link invalid_link",
            "body.blocks[4].runs required",
        ]
    );
}

#[test]
fn limits_hold_exactly() {
    let kind = TemplateKind::ClassCancelled;
    assert_eq!(draft(kind, &"ä".repeat(200), text("a")), Ok(vec![]));
    assert_eq!(
        problems(kind, &"ä".repeat(201), text("a")),
        ["subject too_long"]
    );
    assert_eq!(
        problems(kind, "x", text(&"ä".repeat(20_001))),
        ["body.text too_long"]
    );
    assert_eq!(
        problems(kind, " ", text(" ")),
        ["subject required", "body.text required"]
    );
    let many = |count| Body::Blocks {
        blocks: vec![Block::Divider {}; count],
    };
    assert_eq!(draft(kind, "x", many(100)), Ok(vec![]));
    assert_eq!(problems(kind, "x", many(101)), ["body.blocks too_many"]);
    assert_eq!(problems(kind, "x", many(0)), ["body.blocks required"]);
    let none = review(kind, BTreeMap::new()).unwrap_err();
    assert_eq!(none[0].field, "versions");
}

#[test]
fn what_gmail_would_clip_is_said_beforehand() {
    let runs = |text: String| Block::Text {
        runs: vec![Run::plain(&text)],
        align: Default::default(),
    };
    // Each `<` becomes four bytes.
    let body = |count| Body::Blocks {
        blocks: vec![runs("<".repeat(count)), runs("\"".repeat(5_000))],
    };
    let kind = TemplateKind::ClassCancelled;
    let clipped = draft(kind, "x", body(15_000)).unwrap();
    assert_eq!(clipped, []);
    let long = Body::Html {
        html: format!("<p>{}</p>", "a".repeat(110_000)),
        text: "a".to_owned(),
    };
    let warnings = draft(kind, "x", long).unwrap();
    assert!(
        matches!(
            warnings[..],
            [
                Warning::ClippedByGmail { locale: Locale::De, bytes, limit: 104_448 },
                Warning::ClippedByGmail { locale: Locale::En, .. },
            ] if bytes > 110_000
        ),
        "{warnings:?}"
    );
}

#[test]
fn a_missing_language_is_said_too() {
    let version = Version {
        subject: "x".to_owned(),
        body: text("a"),
    };
    let versions = BTreeMap::from([(Locale::En, version)]);
    let (_, warnings) = review(TemplateKind::ClassCancelled, versions).unwrap();
    assert_eq!(warnings, [Warning::NoVersion { locale: Locale::De }]);
}

/// Each language may be long, and all of them together have to fit into one item of the table.
#[test]
fn all_languages_together_have_a_limit() {
    let version = || Version {
        subject: "Quittung".into(),
        body: Body::Html {
            html: format!("<p>##{{{{amount}}}}</p>{}", "<p>a</p>".repeat(22_500)),
            text: "##{{amount}}".into(),
        },
    };
    let one = TemplateDraft::from([(Locale::De, version())]);
    assert!(review(TemplateKind::Receipt, one).is_ok());
    let both = TemplateDraft::from([(Locale::De, version()), (Locale::En, version())]);
    let errors = review(TemplateKind::Receipt, both).unwrap_err();
    assert_eq!(
        (errors[0].field.as_str(), errors[0].code.as_str()),
        ("versions", "too_long")
    );
}
