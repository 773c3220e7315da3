//! What SES reports, in the envelope of a topic or without.
#![no_main]

use channels::email::inbound::parse;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let read = |body: &[u8], at| parse(body, at).unwrap_or_default();
    fuzz::reports::check(body, read, |event| (event.at, &event.dedup));
    for event in parse(body, fuzz::reports::arrival()).unwrap_or_default() {
        let over = event.suppresses().is_some() && event.failure().is_some();
        assert!(
            !over || event.status().is_some(),
            "a failed mail has a status"
        );
    }
});
