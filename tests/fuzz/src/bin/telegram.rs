//! A body posted to the webhook of Telegram.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    fuzz::inbound::check(domain::channel::Channel::Telegram, body);
});
