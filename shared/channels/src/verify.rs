//! Is this webhook call authentic? Decided over the raw bytes, before anything is parsed.
//!
//! Every check takes several secrets, so that one can be changed without losing calls.
//! Blank secrets are ignored: a forgotten setting must never open the door. Comparisons
//! take the same time whether they succeed or fail.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The header in which Meta signs.
pub const META_SIGNATURE_HEADER: &str = "x-hub-signature-256";
/// The header in which Telegram repeats our secret.
pub const TELEGRAM_TOKEN_HEADER: &str = "x-telegram-bot-api-secret-token";
/// The header in which the loopback channel is signed.
pub const LOOPBACK_SIGNATURE_HEADER: &str = "x-nachfass-signature";

/// The result of a check. Only [`Verification::Verified`] may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verification {
    /// Authentic.
    Verified,
    /// No signature was given.
    Missing,
    /// What was given is no signature.
    Malformed,
    /// The signature belongs to another secret or another body, or no secret is set.
    Mismatch,
}

impl Verification {
    /// Whether the call may be processed.
    pub fn is_verified(self) -> bool {
        self == Self::Verified
    }
}

/// Checks the signature of WhatsApp, Messenger or Instagram: the app secret over the body.
pub fn meta(header: Option<&str>, body: &[u8], app_secrets: &[&str]) -> Verification {
    signature(header, body, app_secrets)
}

/// Checks a call of the loopback channel, which is signed as Meta signs.
///
/// As on every channel the signature has no time in it, so that a late delivery is not lost. Who
/// repeats a call is found out by the event's id, however much later: its message is stored under
/// a key that follows from that. An event of this channel that has no `id` is new each time.
pub fn loopback(header: Option<&str>, body: &[u8], secrets: &[&str]) -> Verification {
    signature(header, body, secrets)
}

/// Checks the token that Telegram repeats in every call.
pub fn telegram(header: Option<&str>, tokens: &[&str]) -> Verification {
    let Some(header) = header else {
        return Verification::Missing;
    };
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if !(1..=256).contains(&header.len()) || !header.bytes().all(allowed) {
        return Verification::Malformed;
    }
    any(usable(tokens).map(|token| same(header.as_bytes(), token.as_bytes())))
}

/// The signature of a body, as [`meta`] and [`loopback`] expect it.
///
/// `None` for a blank secret.
pub fn sign(secret: &str, body: &[u8]) -> Option<String> {
    let blank = secret.trim().is_empty();
    (!blank).then(|| format!("sha256={}", hex::encode(mac(secret.as_bytes(), body))))
}

/// Answers Meta's question whether an address is ours: the text to send back.
///
/// `query` is the raw query string of the GET request.
pub fn handshake(query: &str, verify_tokens: &[&str]) -> Result<String, HandshakeError> {
    let field = |name| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| decode(key).as_deref() == Some(name))
            .and_then(|(_, value)| decode(value))
    };
    if field("hub.mode").as_deref() != Some("subscribe") {
        return Err(HandshakeError::NotAHandshake);
    }
    let token = field("hub.verify_token").ok_or(HandshakeError::NotAHandshake)?;
    let challenge = field("hub.challenge").ok_or(HandshakeError::NotAHandshake)?;
    let known = usable(verify_tokens).map(|known| same(token.as_bytes(), known.as_bytes()));
    if any(known).is_verified() {
        Ok(challenge)
    } else {
        Err(HandshakeError::WrongToken)
    }
}

/// Why a handshake is refused. Answer 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The query lacks what a handshake has.
    #[error("not a subscription handshake")]
    NotAHandshake,
    /// Somebody else's token, or none is set.
    #[error("the verify token does not match")]
    WrongToken,
}

fn signature(header: Option<&str>, body: &[u8], secrets: &[&str]) -> Verification {
    let Some(header) = header else {
        return Verification::Missing;
    };
    let Some(given) = header.trim().strip_prefix("sha256=") else {
        return Verification::Malformed;
    };
    let mut expected = [0_u8; 32];
    if hex::decode_to_slice(given, &mut expected).is_err() {
        return Verification::Malformed;
    }
    any(usable(secrets).map(|secret| mac(secret.as_bytes(), body).ct_eq(&expected)))
}

pub(crate) fn usable<'a>(secrets: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    secrets
        .iter()
        .copied()
        .filter(|secret| !secret.trim().is_empty())
}

/// Looks at every candidate, so that the time does not tell which one matched.
pub(crate) fn any(matches: impl Iterator<Item = Choice>) -> Verification {
    let found = matches.fold(Choice::from(0), |found, one| found | one);
    if found.into() {
        Verification::Verified
    } else {
        Verification::Mismatch
    }
}

/// Digests have one length, so the comparison does not tell the length of the secret.
pub(crate) fn same(given: &[u8], expected: &[u8]) -> Choice {
    Sha256::digest(given)
        .as_slice()
        .ct_eq(Sha256::digest(expected).as_slice())
}

fn mac(secret: &[u8], body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of every length");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

/// One part of a query string; `None` when it is no valid encoding.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                let mut decoded = [0_u8];
                hex::decode_to_slice(pair, &mut decoded).ok()?;
                decoded[0]
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"object":"page","entry":[]}"#;

    #[test]
    fn a_known_answer_of_rfc_4231_holds() {
        // Test case 2 of the RFC.
        let signature = sign("Jefe", b"what do ya want for nothing?").unwrap();
        assert_eq!(
            signature,
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn any_of_several_secrets_is_enough() {
        let signature = sign("neu", BODY).unwrap();
        let check = |secrets: &[&str]| meta(Some(&signature), BODY, secrets);
        assert_eq!(check(&["alt", "neu"]), Verification::Verified);
        assert_eq!(check(&["alt"]), Verification::Mismatch);
        assert_eq!(check(&[]), Verification::Mismatch);
        assert_eq!(
            meta(Some(&signature), b"{}", &["neu"]),
            Verification::Mismatch
        );
    }

    #[test]
    fn blank_secrets_open_nothing() {
        assert_eq!(sign(" ", BODY), None);
        let signature = format!("sha256={}", hex::encode(mac(b"", BODY)));
        assert_eq!(
            meta(Some(&signature), BODY, &["", " "]),
            Verification::Mismatch
        );
        assert_eq!(telegram(Some("x"), &[""]), Verification::Mismatch);
        let query = "hub.mode=subscribe&hub.verify_token=&hub.challenge=1";
        assert_eq!(handshake(query, &[""]), Err(HandshakeError::WrongToken));
    }

    #[test]
    fn missing_and_malformed_are_told_apart() {
        assert_eq!(meta(None, BODY, &["s"]), Verification::Missing);
        for wrong in ["", "sha1=00", "sha256=", "sha256=zz", "sha256=0011"] {
            assert_eq!(
                meta(Some(wrong), BODY, &["s"]),
                Verification::Malformed,
                "{wrong}"
            );
        }
        assert_eq!(telegram(None, &["s"]), Verification::Missing);
        assert_eq!(telegram(Some("ä"), &["s"]), Verification::Malformed);
        assert_eq!(telegram(Some("t"), &["s", "t"]), Verification::Verified);
        assert_eq!(telegram(Some("tt"), &["t"]), Verification::Mismatch);
        assert_eq!(
            loopback(sign("s", BODY).as_deref(), BODY, &["s"]),
            Verification::Verified
        );
    }

    #[test]
    fn a_handshake_returns_the_challenge() {
        let query = "hub.mode=subscribe&hub.verify_token=mein%20wort%2B&hub.challenge=1158201444";
        assert_eq!(
            handshake(query, &["alt", "mein wort+"]),
            Ok("1158201444".to_owned())
        );
        assert_eq!(handshake(query, &["alt"]), Err(HandshakeError::WrongToken));
        assert_eq!(
            handshake("a=b", &["alt"]),
            Err(HandshakeError::NotAHandshake)
        );
        assert_eq!(
            handshake("hub.mode=subscribe&%=%", &["a"]),
            Err(HandshakeError::NotAHandshake)
        );
    }
}
