//! A body posted to the webhook of Messenger.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    fuzz::inbound::check(domain::channel::Channel::Messenger, body);
});
