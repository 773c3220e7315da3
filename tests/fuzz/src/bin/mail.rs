//! Templates written by hand: HTML or blocks, the last line is a value.
#![no_main]

use std::collections::BTreeMap;

use domain::settings::Locale;
use mail::{Body, Footer, Surroundings, TemplateKind, Theme, Value, Version, render, review};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(data) = str::from_utf8(data) else {
        return;
    };
    let (template, value) = data.rsplit_once('\n').unwrap_or((data, ""));
    let body = match serde_json::from_str(template) {
        Ok(blocks) => Body::Blocks { blocks },
        Err(_) => Body::Html {
            html: template.to_owned(),
            text: "##{{noteToCustomers}} ##{{refundNotice}}".to_owned(),
        },
    };
    property(body, value);
});

fn property(body: Body, value: &str) {
    let kind = TemplateKind::ClassCancelled;
    let version = Version {
        subject: "##{{class_name}}: ##{{noteToCustomers}}".to_owned(),
        body,
    };
    let Ok((template, _)) = review(kind, BTreeMap::from([(Locale::De, version)])) else {
        return;
    };
    let theme = Theme::default();
    let around = Surroundings {
        locale: Locale::De,
        business_name: "Salon",
        address: &[],
        theme: &theme,
        footer: &Footer::Internal,
    };
    let mut values = kind.sample(Locale::De);
    let tame = Value::Lines("Worte".to_owned());
    values.insert("noteToCustomers".to_owned(), tame);
    let plain = render(&template, &values, &around).expect("what is saved can be sent");
    values.insert("noteToCustomers".to_owned(), Value::Lines(value.to_owned()));
    let Ok(sent) = render(&template, &values, &around) else {
        return;
    };
    assert!(
        !sent.html.contains("##{{") && !sent.text.contains("##{{"),
        "raw braces leave"
    );
    assert!(!sent.subject.chars().any(char::is_control), "one line");
    // Line breaks of a value may bring <br> and <p>, and nothing else.
    let others = |html: &str| {
        let all = html.matches('<').count();
        let lines = ["<br>", "<p ", "</p>"].map(|tag| html.matches(tag).count());
        all - lines.iter().sum::<usize>()
    };
    if !value.trim().is_empty() {
        assert!(
            others(&sent.html) <= others(&plain.html),
            "a value brings markup"
        );
    }
}
