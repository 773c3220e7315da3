//! The built-in templates, all of them, in both languages.

use domain::settings::Locale;
use mail::template::preview;
use mail::{Audience, Footer, Template, TemplateKind, Value, render, review};

use crate::world::World;

#[test]
fn every_kind_has_a_text_in_every_language() {
    let mut world = World::new();
    for locale in Locale::ALL {
        let mut all = String::new();
        for kind in TemplateKind::ALL {
            if kind.audience() != Audience::Customer {
                world.footer = Footer::Internal;
            }
            let template = Template::built_in(*kind);
            let mail = preview(&template, &world.around(locale)).unwrap();
            all.push_str(&format!(
                "=== {kind}: {}\nSubject: {}\n\n{}\n",
                kind.title(locale),
                mail.subject,
                mail.text
            ));
        }
        insta::assert_snapshot!(format!("texts_{}", locale.as_str()), all);
    }
}

#[test]
fn every_built_in_template_can_be_saved_as_it_is() {
    for kind in TemplateKind::ALL {
        let built_in = Template::built_in(*kind);
        let (saved, warnings) = review(*kind, built_in.versions.clone()).unwrap();
        assert_eq!(saved, built_in);
        assert_eq!(warnings, []);
    }
}

#[test]
fn a_mail_can_be_made_when_all_that_may_be_empty_is() {
    let world = World::new();
    for kind in TemplateKind::ALL {
        for locale in Locale::ALL {
            let mut values = kind.sample(locale);
            values.retain(|name, _| !kind.variable(name).unwrap().may_be_empty);
            let template = Template::built_in(*kind);
            let mail = render(&template, &values, &world.around(locale)).unwrap();
            assert!(
                !mail.text.contains("##") && !mail.html.contains("##"),
                "{kind}"
            );
            assert!(!mail.text.contains("\n\n\n"), "{kind}: {}", mail.text);
            assert!(!mail.subject.is_empty());
        }
    }
}

#[test]
fn mo_12_each_kind_lists_its_own_variables() {
    let mut all = String::new();
    for kind in TemplateKind::ALL {
        all.push_str(&format!("{kind} ({:?})\n", kind.audience()));
        for variable in kind.variables().iter().skip(4) {
            let must = kind.required().contains(&variable.name);
            all.push_str(&format!(
                "  ##{{{{{}}}}} {:?}{}: {}\n",
                variable.name,
                variable.value_type(),
                if must { ", must stay" } else { "" },
                variable.meaning(Locale::En)
            ));
        }
    }
    insta::assert_snapshot!("variables", all);
}

#[test]
fn mo_15_the_note_is_empty_when_nothing_was_typed() {
    let world = World::new();
    let template = Template::built_in(TemplateKind::ClassCancelled);
    let mut values = TemplateKind::ClassCancelled.sample(Locale::De);
    let with = render(&template, &values, &world.around(Locale::De)).unwrap();
    assert!(with.text.contains("Jane ist leider krank."));
    assert_eq!(with.empty, [""; 0]);
    values.remove("noteToCustomers");
    values.insert("refundNotice".to_owned(), Value::Text(String::new()));
    let without = render(&template, &values, &world.around(Locale::De)).unwrap();
    assert_eq!(without.empty, ["noteToCustomers", "refundNotice"]);
    assert!(
        without.text.contains("nicht statt.\n\nViele Grüße"),
        "{}",
        without.text
    );
}
