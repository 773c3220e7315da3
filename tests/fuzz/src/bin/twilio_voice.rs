//! A form about a call, and instructions with a text from outside.
#![no_main]

use channels::twilio::twiml::{Voicemail, voicemail};
use channels::twilio::voice::parse;
use domain::settings::Locale;

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    fuzz::reports::check(
        body,
        |body, at| vec![parse(body, at)],
        |event| (event.at, &event.dedup),
    );
    let text = String::from_utf8_lossy(body);
    let mailbox = |greeting| Voicemail {
        locale: Locale::De,
        greeting,
        business_name: "Salon",
        action: "https://hooks.example/done",
        recording_callback: "https://hooks.example/recording",
    };
    if let Ok(spoken) = voicemail(&mailbox(Some(&text))) {
        let plain = voicemail(&mailbox(Some("a"))).expect("a greeting");
        let tags = |xml: &str| xml.matches('<').count();
        assert_eq!(tags(&spoken), tags(&plain), "a text brings no instruction");
        assert!(!spoken.contains('\0'), "XML has no such character");
    }
});
