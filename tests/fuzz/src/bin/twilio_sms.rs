//! A form about an SMS, and its signature.
#![no_main]

use channels::twilio::inbound::parse;
use channels::twilio::verify::{Algorithm, Received, check, sign};

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    fuzz::reports::check(
        body,
        |body, at| vec![parse(body, at)],
        |event| (event.at, &event.dedup),
    );
    let url = "https://hooks.example/twilio/sms?c=con_1";
    let text = String::from_utf8_lossy(body);
    for (algorithm, settings) in [
        (Algorithm::Sha1, None),
        (Algorithm::Sha256, Some("algorithm=HMAC_SHA256")),
    ] {
        let signature = sign(algorithm, "secret", url, body).expect("a secret");
        let received = |signature| Received {
            url,
            signature: Some(signature),
            settings,
            body,
        };
        let passes = |signature, secret: &str| {
            check(&received(signature), &[secret], &[secret]).is_verified()
        };
        assert!(passes(&signature, "secret"), "its own signature");
        assert!(!passes(&signature, "other"), "somebody else's secret");
        assert!(!passes(&text, "secret"), "nobody guesses a signature");
        assert!(!passes(&signature, " "), "a blank secret opens nothing");
    }
});
