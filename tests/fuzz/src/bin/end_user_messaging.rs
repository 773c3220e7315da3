//! An SMS in the envelope of a topic or without.
#![no_main]

use channels::sns_sms::inbound::parse;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let read = |body: &[u8], at| parse(body, at).into_iter().collect();
    fuzz::reports::check(body, read, |event| (event.at, &event.dedup));
});
