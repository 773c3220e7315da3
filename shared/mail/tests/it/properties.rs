//! What holds for every text and every value.

use std::collections::BTreeMap;

use domain::settings::Locale;
use mail::{Block, Body, Run, TemplateKind, Value, Version, render, review};
use proptest::prelude::*;

use crate::world::World;

/// Texts that try to break out: of markup, of lines, of variables.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zäöü ]{0,8}",
        Just("<script>".to_owned()),
        Just("</td></table>".to_owned()),
        Just("\" onload=\"".to_owned()),
        Just("\r\nBcc: a@b.example\r\n".to_owned()),
        Just("&amp;&#x3c;".to_owned()),
        Just("{% x %}{{ y }}{# z".to_owned()),
        Just("\u{202e}\u{0}\u{b}".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn tags(html: &str) -> usize {
    html.matches('<').count()
}

proptest! {
    #[test]
    fn no_value_adds_a_tag_or_a_line_to_the_subject(name in nasty(), note in nasty()) {
        prop_assume!(!name.contains("##{{") && !note.contains("##{{"));
        let world = World::new();
        let kind = TemplateKind::WaiverUpdated;
        let body = Body::Html {
            html: "<p title=\"##{{first_name}}\">##{{first_name}}</p><p>##{{url}}</p>".to_owned(),
            text: "##{{first_name}} ##{{url}}".to_owned(),
        };
        let version = Version { subject: "An ##{{first_name}}: ##{{noteToCustomers}}".to_owned(), body };
        let (template, _) = review(kind, BTreeMap::from([(Locale::De, version)])).unwrap();
        let tame = render(&template, &kind.sample(Locale::De), &world.around(Locale::De)).unwrap();
        let mut values = kind.sample(Locale::De);
        values.insert("first_name".to_owned(), Value::Text(name));
        values.insert("noteToCustomers".to_owned(), Value::Lines(note));
        let mail = render(&template, &values, &world.around(Locale::De)).unwrap();
        prop_assert_eq!(tags(&mail.html), tags(&tame.html));
        prop_assert!(!mail.subject.chars().any(char::is_control));
    }

    #[test]
    fn what_can_be_saved_can_be_sent(text in nasty(), label in nasty(), link in nasty()) {
        let kind = TemplateKind::ClassCancelled;
        let blocks = vec![
            Block::Text { runs: vec![Run::plain(&text)], align: Default::default() },
            Block::Button { label, link: format!("https://example.org/{link}") },
        ];
        let version = Version { subject: "x".to_owned(), body: Body::Blocks { blocks } };
        if let Ok((template, _)) = review(kind, BTreeMap::from([(Locale::De, version)])) {
            let world = World::new();
            let mut values = kind.sample(Locale::De);
            values.retain(|name, _| !kind.variable(name).unwrap().may_be_empty);
            let mail = render(&template, &values, &world.around(Locale::De)).unwrap();
            prop_assert!(!mail.html.contains("<script"));
        }
    }

    #[test]
    fn no_html_is_read_in_two_ways(html in nasty()) {
        // What is accepted consists of known tags, and comes back as it was when nothing is filled in.
        let version = Version {
            subject: "x".to_owned(),
            body: Body::Html { html: format!("<p>{html}</p>"), text: "x".to_owned() },
        };
        if let Ok((template, _)) = review(TemplateKind::ClassCancelled, BTreeMap::from([(Locale::De, version)])) {
            let world = World::new();
            let values = TemplateKind::ClassCancelled.sample(Locale::De);
            let mail = render(&template, &values, &world.around(Locale::De)).unwrap();
            prop_assert!(!mail.html.contains("<script"));
            prop_assert!(mail.html.contains("abbestellen</a>"));
        }
    }
}
