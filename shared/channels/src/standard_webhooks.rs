//! Signatures of outgoing webhooks, the way of the Standard Webhooks specification.
//!
//! HMAC with SHA-256 over id, time and body. Several secrets may be active: then every signature is
//! sent, and whoever receives it needs only one of them.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::verify::{Verification, any, same};

/// The header with the message's id. The same for every attempt.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of this attempt.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";
/// How far the clocks of both sides may be apart.
pub const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// What secrets begin with.
pub const SECRET_PREFIX: &str = "whsec_";

/// A key of 24 to 64 bytes. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret is `whsec_` and the base64 of 24 to 64 bytes")]
pub struct SecretError;

impl Secret {
    /// From random bytes, which the caller draws.
    pub fn new(bytes: &[u8]) -> Result<Self, SecretError> {
        if (24..=64).contains(&bytes.len()) {
            Ok(Self(bytes.to_vec()))
        } else {
            Err(SecretError)
        }
    }

    /// From its text.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.trim().strip_prefix(SECRET_PREFIX).ok_or(SecretError)?;
        Self::new(&BASE64_STANDARD.decode(text).map_err(|_| SecretError)?)
    }

    /// As people store it.
    pub fn reveal(&self) -> String {
        format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }

    fn signature(&self, id: &str, at: i64, body: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(format!("{id}.{at}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// The three headers of one attempt. `id` must not contain a dot.
pub fn headers(
    id: &str,
    at: DateTime<Utc>,
    body: &[u8],
    secrets: &[Secret],
) -> Vec<(String, String)> {
    let at = at.timestamp();
    let signatures = secrets.iter().map(|secret| secret.signature(id, at, body));
    let signatures = signatures.collect::<Vec<_>>().join(" ");
    vec![
        (ID_HEADER.to_owned(), id.to_owned()),
        (TIMESTAMP_HEADER.to_owned(), at.to_string()),
        (SIGNATURE_HEADER.to_owned(), signatures),
    ]
}

/// What came in beside a body.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// [`ID_HEADER`].
    pub id: Option<&'a str>,
    /// [`TIMESTAMP_HEADER`].
    pub timestamp: Option<&'a str>,
    /// [`SIGNATURE_HEADER`].
    pub signatures: Option<&'a str>,
}

/// Checks what somebody else signed.
pub fn verify(
    received: &Received<'_>,
    body: &[u8],
    secrets: &[Secret],
    now: DateTime<Utc>,
) -> Verification {
    let (Some(id), Some(timestamp), Some(signatures)) =
        (received.id, received.timestamp, received.signatures)
    else {
        return Verification::Missing;
    };
    let Ok(at) = timestamp.trim().parse::<i64>() else {
        return Verification::Malformed;
    };
    let Some(signed_at) = DateTime::from_timestamp(at, 0) else {
        return Verification::Malformed;
    };
    if (now - signed_at).abs() > TOLERANCE {
        return Verification::Mismatch;
    }
    let matches = secrets.iter().flat_map(|secret| {
        let expected = secret.signature(id, at, body);
        let given = signatures.split(' ');
        given
            .map(|given| same(given.as_bytes(), expected.as_bytes()))
            .collect::<Vec<_>>()
    });
    any(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> Secret {
        Secret::new(&[byte; 24]).unwrap()
    }

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_614_265_330, 0).unwrap()
    }

    fn check(
        headers: &[(String, String)],
        body: &[u8],
        secrets: &[Secret],
        now: DateTime<Utc>,
    ) -> Verification {
        let value = |name: &str| {
            let found = headers.iter().find(|(found, _)| found == name);
            found.map(|(_, value)| value.as_str())
        };
        let received = Received {
            id: value(ID_HEADER),
            timestamp: value(TIMESTAMP_HEADER),
            signatures: value(SIGNATURE_HEADER),
        };
        verify(&received, body, secrets, now)
    }

    #[test]
    fn the_example_of_the_specification_holds() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let headers = headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at(),
            br#"{"test": 2432232314}"#,
            &[secret],
        );
        assert_eq!(
            headers[2].1,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn either_secret_is_enough_while_one_is_replaced() {
        let headers = headers("msg_1", at(), b"{}", &[secret(1), secret(2)]);
        for known in [1, 2] {
            assert!(check(&headers, b"{}", &[secret(known)], at()).is_verified());
        }
        assert_eq!(
            check(&headers, b"{}", &[secret(3)], at()),
            Verification::Mismatch
        );
        assert_eq!(
            check(&headers, b"{ }", &[secret(1)], at()),
            Verification::Mismatch
        );
        assert_eq!(check(&headers, b"{}", &[], at()), Verification::Mismatch);
    }

    #[test]
    fn old_and_future_calls_are_refused() {
        let headers = headers("msg_1", at(), b"{}", &[secret(1)]);
        for (shift, fine) in [(300, true), (-300, true), (301, false), (-301, false)] {
            let now = at() + TimeDelta::seconds(shift);
            assert_eq!(
                check(&headers, b"{}", &[secret(1)], now).is_verified(),
                fine,
                "{shift}"
            );
        }
        assert_eq!(
            check(&headers[..2], b"{}", &[secret(1)], at()),
            Verification::Missing
        );
    }

    #[test]
    fn secrets_are_long_and_hidden() {
        let text = secret(7).reveal();
        assert_eq!(Secret::parse(&text), Ok(secret(7)));
        assert_eq!(format!("{:?}", secret(7)), "Secret(…)");
        for wrong in [
            "",
            "whsec_",
            "whsec_YWJj",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%%",
        ] {
            assert!(Secret::parse(wrong).is_err(), "{wrong}");
        }
    }
}
