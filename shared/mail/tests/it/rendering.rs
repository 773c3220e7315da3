//! What comes out.

use std::collections::BTreeMap;

use domain::settings::Locale;
use mail::theme::Color;
use mail::{
    Align, Block, Body, Footer, FooterClass, RenderError, Rendered, Run, Template, TemplateKind,
    Value, Version, render, review,
};

use crate::world::{World, link};

const KIND: TemplateKind = TemplateKind::WaiverUpdated;

fn template(subject: &str, body: Body) -> Template {
    let version = Version {
        subject: subject.to_owned(),
        body,
    };
    Template {
        kind: KIND,
        versions: BTreeMap::from([(Locale::De, version)]),
    }
}

fn rendered(body: Body) -> Rendered {
    let world = World::new();
    let template = template("Hallo ##{{first_name}}", body);
    render(
        &template,
        &KIND.sample(Locale::De),
        &world.around(Locale::De),
    )
    .unwrap()
}

fn text_body(text: &str) -> Body {
    Body::Text {
        text: text.to_owned(),
    }
}

/// One block of each kind.
fn gallery() -> Vec<Block> {
    let words = |text: &str| Block::Text {
        runs: vec![Run::plain(text)],
        align: Align::Left,
    };
    vec![
        Block::Heading {
            level: 1,
            text: "Guten Tag, ##{{first_name}}".to_owned(),
            align: Align::Center,
        },
        Block::Text {
            runs: vec![
                Run::plain("Bitte "),
                Run {
                    text: "unterschreiben Sie <heute>".to_owned(),
                    bold: true,
                    italic: true,
                    link: None,
                },
                Run::plain(
                    ": ##{{url}}\n\n##{{noteToCustomers}}\n\nMehr auf https://example.org/agb?a=1&b=2. Oder ",
                ),
                Run {
                    text: "hier".to_owned(),
                    link: Some("https://example.org/?n=##{{last_name}}".to_owned()),
                    ..Run::default()
                },
            ],
            align: Align::Left,
        },
        Block::Image {
            source: "https://example.org/salon.jpg".to_owned(),
            alt: "Unser \"Salon\"".to_owned(),
            width: Some(320),
            link: Some("https://example.org".to_owned()),
            align: Align::Center,
        },
        Block::Button {
            label: "Lesen & unterschreiben".to_owned(),
            link: "##{{url}}".to_owned(),
        },
        Block::Divider {},
        Block::Columns {
            columns: vec![
                vec![
                    words("Links"),
                    Block::Heading {
                        level: 3,
                        text: "Klein".to_owned(),
                        align: Align::Left,
                    },
                ],
                vec![words("Rechts")],
            ],
        },
    ]
}

#[test]
fn blocks_become_html_and_text() {
    let body = Body::Blocks { blocks: gallery() };
    let versions = BTreeMap::from([(
        Locale::De,
        Version {
            subject: "Neues".to_owned(),
            body: body.clone(),
        },
    )]);
    assert!(review(KIND, versions).is_ok());
    let mail = rendered(body);
    insta::assert_snapshot!("blocks_html", mail.html);
    insta::assert_snapshot!("blocks_text", mail.text);
}

#[test]
fn a_dark_page_a_logo_and_the_marketing_footer() {
    let mut world = World::new();
    world.theme.accent = Color::parse("accent", "#ffd700").unwrap();
    world.theme.logo = Some(link("https://example.org/logo.png"));
    world.footer = Footer::Customer {
        class: FooterClass::Marketing,
        unsubscribe: link("https://links.example.org/u/7hq2"),
        preferences: None,
        why: None,
    };
    let template = Template::built_in(KIND);
    let mail = render(
        &template,
        &KIND.sample(Locale::En),
        &world.around(Locale::En),
    )
    .unwrap();
    insta::assert_snapshot!("logo_html", mail.html);
}

#[test]
fn blocks_are_the_same_after_a_trip_through_json() {
    let json = serde_json::to_value(gallery()).unwrap();
    insta::assert_json_snapshot!("blocks_json", json);
    assert_eq!(
        serde_json::from_value::<Vec<Block>>(json).unwrap(),
        gallery()
    );
    for wrong in [
        r#"{"type":"text","runs":[],"color":"red"}"#,
        r#"{"type":"divider","x":1}"#,
        r#"{"type":"script","text":"x"}"#,
        r#"{"type":"text","runs":[{"text":"a","onclick":"b"}]}"#,
        r#"{"type":"heading","level":1,"text":"a","align":"justify"}"#,
    ] {
        assert!(serde_json::from_str::<Block>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn values_are_escaped_in_html_and_not_in_text() {
    let world = World::new();
    let mut values = KIND.sample(Locale::De);
    let evil = "<img src=x onerror=alert(1)>\" & 'x'";
    values.insert("first_name".to_owned(), Value::Text(evil.to_owned()));
    let escaped = "&lt;img src=x onerror=alert(1)&gt;&quot; &amp; &#39;x&#39;";
    for body in [
        text_body("##{{first_name}} ##{{url}}"),
        Body::Html {
            html: "<p title=\"##{{first_name}}\">##{{first_name}} ##{{url}}</p>".to_owned(),
            text: "##{{first_name}} ##{{url}}".to_owned(),
        },
    ] {
        let template = template("##{{first_name}}", body);
        let mail = render(&template, &values, &world.around(Locale::De)).unwrap();
        assert!(!mail.html.contains("<img"), "{}", mail.html);
        assert!(mail.html.contains(escaped));
        assert!(mail.text.starts_with(evil));
        assert_eq!(mail.subject, evil);
    }
}

#[test]
fn what_a_value_brings_is_no_link() {
    let mut values = KIND.sample(Locale::De);
    let note = Value::Lines("Siehe https://evil.example/x".to_owned());
    values.insert("noteToCustomers".to_owned(), note);
    let template = template("x", text_body("##{{noteToCustomers}}\n##{{url}}"));
    let world = World::new();
    let mail = render(&template, &values, &world.around(Locale::De)).unwrap();
    assert!(!mail.html.contains("href=\"https://evil.example"));
    assert!(mail.html.contains("href=\"https://example.org/s/8f3k2\""));
    assert_eq!(mail.text.matches("https://example.org/s/8f3k2").count(), 1);
}

#[test]
fn no_value_breaks_out_of_the_subject() {
    let mut values = KIND.sample(Locale::De);
    let name = Value::Text("Ada\r\nBcc: a@b.example".to_owned());
    values.insert("first_name".to_owned(), name);
    let note = Value::Lines("eins\nzwei".to_owned());
    values.insert("noteToCustomers".to_owned(), note);
    let template = template(
        "##{{first_name}}: ##{{noteToCustomers}}",
        text_body("##{{url}}"),
    );
    let world = World::new();
    let mail = render(&template, &values, &world.around(Locale::De)).unwrap();
    assert_eq!(mail.subject, "Ada Bcc: a@b.example: eins zwei");
}

#[test]
fn paragraphs_without_words_go_and_spaces_before_commas_too() {
    let mut values = KIND.sample(Locale::De);
    values.remove("first_name");
    values.remove("noteToCustomers");
    let template = template(
        "x",
        text_body(
            "Hallo ##{{first_name}},\n\n##{{noteToCustomers}}\n\nA\n##{{noteToCustomers}}\nB ##{{url}}",
        ),
    );
    let world = World::new();
    let mail = render(&template, &values, &world.around(Locale::De)).unwrap();
    assert!(
        mail.text
            .starts_with("Hallo,\n\nA\nB https://example.org/s/8f3k2\n\n-- \n"),
        "{}",
        mail.text
    );
}

#[test]
fn what_lacks_a_value_is_not_sent() {
    let world = World::new();
    let around = world.around(Locale::De);
    let template = template("x", text_body("##{{url}}"));
    let mut values = KIND.sample(Locale::De);
    values.remove("url");
    assert_eq!(
        render(&template, &values, &around),
        Err(RenderError::Missing("url"))
    );
    values.insert(
        "url".to_owned(),
        Value::Text("https://a.example".to_owned()),
    );
    assert!(matches!(
        render(&template, &values, &around),
        Err(RenderError::WrongType { name: "url", .. })
    ));
    let unknown = self::template("x", text_body("##{{firstname}}"));
    assert!(matches!(
        render(&unknown, &KIND.sample(Locale::De), &around),
        Err(RenderError::Variable(_))
    ));
    let nobody = self::template("##{{first_name}}", text_body("##{{url}}"));
    let mut values = KIND.sample(Locale::De);
    values.remove("first_name");
    assert_eq!(
        render(&nobody, &values, &around),
        Err(RenderError::NoSubject)
    );
}

#[test]
fn another_language_is_better_than_none() {
    let world = World::new();
    let template = template("x", text_body("##{{url}}"));
    let mail = render(
        &template,
        &KIND.sample(Locale::De),
        &world.around(Locale::En),
    )
    .unwrap();
    assert_eq!(mail.locale, Locale::De);
    assert!(mail.html.contains("<html lang=\"de\""));
    assert!(mail.text.contains("abbestellen"), "the footer follows");
}

#[test]
fn debug_shows_nobody() {
    let shown = format!("{:?}", rendered(text_body("##{{first_name}} ##{{url}}")));
    assert!(!shown.contains("Ursula"), "{shown}");
}
