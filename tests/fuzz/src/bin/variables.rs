//! Texts with variables. Three lines are the values, the rest is the text.
#![no_main]

use std::collections::BTreeMap;

use domain::variables::{FOLLOW_UP, VariableError, check, render};

const OPEN: &str = "##{{";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(data) = str::from_utf8(data) else {
        return;
    };
    let mut parts = data.splitn(4, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let values = [next(), next(), next()];
    property(values, next());
});

fn property([first, last, business]: [&str; 3], text: &str) {
    let full = format!("{first} {last}");
    let of = |first: &str, last: &str, full: &str, business: &str| -> BTreeMap<String, String> {
        let values = [first, last, full, business];
        let names = FOLLOW_UP.map(|(name, _)| name.to_owned());
        names.into_iter().zip(values.map(str::to_owned)).collect()
    };
    let rendered = render(text, &of(first, last, &full, business));
    if !text.contains(OPEN) {
        assert_eq!(
            rendered.as_deref(),
            Ok(text),
            "nothing to fill in, nothing to change"
        );
    }
    match &rendered {
        Ok(rendered) => assert!(!rendered.contains(OPEN), "raw braces leave: {rendered}"),
        Err(VariableError::Unknown { name }) => assert!(!name.contains("}}")),
        Err(VariableError::Unclosed | VariableError::Left) => {}
    }
    // What is saved can be sent to anybody whose name is a name.
    if check("text", text, &FOLLOW_UP).is_ok() {
        for values in [
            of("Ada", "", "Ada", "Salon"),
            of("Ada", "Byron", "Ada Byron", ""),
        ] {
            let sent = render(text, &values).expect("what is saved can be sent");
            assert!(!sent.contains(OPEN));
        }
    }
}
