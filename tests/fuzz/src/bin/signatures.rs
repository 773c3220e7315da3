//! Signatures of webhooks. Two bytes say which bit is flipped; a secret up to the line break and
//! the body follow.
#![no_main]

use channels::verify::{Verification, handshake, loopback, meta, sign, telegram};

libfuzzer_sys::fuzz_target!(|data: &[u8]| check(data));

fn check(data: &[u8]) {
    let [high, low, rest @ ..] = data else { return };
    let bit = usize::from(u16::from_be_bytes([*high, *low]));
    let end = rest.iter().position(|byte| *byte == b'\n');
    let (secret, body) = rest.split_at(end.unwrap_or(0));
    let secret = String::from_utf8_lossy(secret);
    anything_is_refused(&secret, body);
    if let Some(signature) = sign(&secret, body) {
        only_the_signature_passes(&secret, body, &signature, bit);
        the_handshake_answers(&secret, &String::from_utf8_lossy(body));
    } else {
        assert!(secret.trim().is_empty(), "only blank secrets sign nothing");
    }
}

/// Nobody can write a signature by chance, and no secret at all lets nothing through.
fn anything_is_refused(secret: &str, body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    for header in [None, Some(text.as_ref())] {
        assert!(!meta(header, body, &[secret]).is_verified());
        assert!(!loopback(header, body, &["", " "]).is_verified());
        assert!(!telegram(header, &["", " "]).is_verified());
        let known = header == Some(secret) && !secret.trim().is_empty();
        assert!(known || !telegram(header, &[secret]).is_verified());
    }
    assert!(handshake(&text, &["", " "]).is_err());
}

fn only_the_signature_passes(secret: &str, body: &[u8], signature: &str, bit: usize) {
    for check in [meta, loopback] {
        let given =
            |header: &str, body: &[u8], secrets: &[&str]| check(Some(header), body, secrets);
        assert!(given(signature, body, &["another", secret]).is_verified());
        assert!(
            given(
                &signature.to_uppercase().replace("SHA", "sha"),
                body,
                &[secret]
            )
            .is_verified()
        );
        assert_eq!(given(signature, body, &["another"]), Verification::Mismatch);
        assert_eq!(given(signature, body, &[]), Verification::Mismatch);
        assert_eq!(
            given(&with_flipped(signature, bit), body, &[secret]),
            Verification::Mismatch
        );
        let mut changed = body.to_vec();
        if !changed.is_empty() {
            let place = bit % (changed.len() * 8);
            changed[place / 8] ^= 1 << (place % 8);
            assert_eq!(
                given(signature, &changed, &[secret]),
                Verification::Mismatch
            );
        }
        changed.push(0);
        assert_eq!(
            given(signature, &changed, &[secret]),
            Verification::Mismatch
        );
        assert_eq!(
            given(&signature[..signature.len() - 1], body, &[secret]),
            Verification::Malformed
        );
    }
}

/// The signature with one bit of the digest flipped.
fn with_flipped(signature: &str, bit: usize) -> String {
    let (name, digest) = signature.split_once('=').expect("a name and a digest");
    let bit = bit % (digest.len() * 4);
    let digit = |(place, c): (usize, char)| {
        let value = c.to_digit(16).expect("hexadecimal");
        let flipped = if place == bit / 4 {
            value ^ (1 << (bit % 4))
        } else {
            value
        };
        char::from_digit(flipped, 16).expect("below 16")
    };
    format!(
        "{name}={}",
        digest.chars().enumerate().map(digit).collect::<String>()
    )
}

/// Whatever token and challenge are, escaped they come through.
fn the_handshake_answers(token: &str, challenge: &str) {
    let escaped = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect::<String>()
    };
    let query = format!(
        "hub.mode=subscribe&hub.challenge={}&hub.verify_token={}",
        escaped(challenge),
        escaped(token)
    );
    assert_eq!(handshake(&query, &[token]).as_deref(), Ok(challenge));
    assert!(handshake(&query, &["another"]).is_err());
}
