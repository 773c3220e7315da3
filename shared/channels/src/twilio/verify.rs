//! Is this call by the provider? Signed over the address it was posted to and all its fields.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::verify::{Verification, any, same, usable};

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-twilio-signature";
/// The header that says how it was made, where that is not the old way.
pub const SETTINGS_HEADER: &str = "x-twilio-webhooks-signature-settings";

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-1 and the account's token.
    Sha1,
    /// HMAC with SHA-256 and a shared key.
    Sha256,
}

impl Algorithm {
    /// Reads [`SETTINGS_HEADER`]. `None`: an algorithm that nobody knows.
    pub fn of(settings: Option<&str>) -> Option<Self> {
        let Some(settings) = settings else {
            return Some(Self::Sha1);
        };
        let mut pairs = settings.split(',').filter_map(|pair| pair.split_once('='));
        match pairs.find(|(name, _)| name.trim() == "algorithm")?.1.trim() {
            "HMAC_SHA256" => Some(Self::Sha256),
            "HMAC_SHA1" => Some(Self::Sha1),
            _ => None,
        }
    }
}

/// What was received, as it was received.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The public address with its query, from our configuration and not from headers.
    pub url: &'a str,
    /// [`SIGNATURE_HEADER`].
    pub signature: Option<&'a str>,
    /// [`SETTINGS_HEADER`].
    pub settings: Option<&'a str>,
    /// The body: a form, or JSON, for which the query has `bodySHA256`.
    pub body: &'a [u8],
}

/// Checks it. `tokens` are the tokens of the account for SHA-1, `keys` the shared keys for
/// SHA-256. Blank ones open nothing.
pub fn check(received: &Received<'_>, tokens: &[&str], keys: &[&str]) -> Verification {
    let Some(given) = received.signature else {
        return Verification::Missing;
    };
    let Some(algorithm) = Algorithm::of(received.settings) else {
        return Verification::Malformed;
    };
    if BASE64_STANDARD.decode(given.trim()).is_err() {
        return Verification::Malformed;
    }
    let fields = match query_value(received.url, "bodySHA256") {
        None => fields(received.body),
        Some(digest) => {
            let actual = hex::encode(Sha256::digest(received.body));
            let equal = same(digest.to_ascii_lowercase().as_bytes(), actual.as_bytes());
            if !bool::from(equal) {
                return Verification::Mismatch;
            }
            String::new()
        }
    };
    let secrets = match algorithm {
        Algorithm::Sha1 => tokens,
        Algorithm::Sha256 => keys,
    };
    // Some of their machines sign with the port, some without.
    let urls = [without_port(received.url), with_port(received.url)];
    let matches = usable(secrets).flat_map(|secret| {
        let given = given.trim().as_bytes();
        urls.clone().map(|url| {
            let expected = signature(algorithm, secret, &format!("{url}{fields}"));
            same(given, expected.as_bytes())
        })
    });
    any(matches)
}

/// The signature that the provider would send; none with a blank secret.
pub fn sign(algorithm: Algorithm, secret: &str, url: &str, body: &[u8]) -> Option<String> {
    let text = format!("{url}{}", fields(body));
    (!secret.trim().is_empty()).then(|| signature(algorithm, secret, &text))
}

fn signature(algorithm: Algorithm, secret: &str, text: &str) -> String {
    const ANY_LENGTH: &str = "HMAC takes keys of every length";
    let digest = match algorithm {
        Algorithm::Sha1 => {
            let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect(ANY_LENGTH);
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
        Algorithm::Sha256 => {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect(ANY_LENGTH);
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().to_vec()
        }
    };
    BASE64_STANDARD.encode(digest)
}

/// Names and values one after the other, sorted, equal pairs once.
fn fields(body: &[u8]) -> String {
    let mut pairs: Vec<_> = form_urlencoded::parse(body).collect();
    pairs.sort();
    pairs.dedup();
    let parts = pairs
        .iter()
        .flat_map(|(name, value)| [name.as_ref(), value.as_ref()]);
    parts.collect()
}

fn query_value(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let query = query.split('#').next().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// Scheme, host with port, and the rest.
fn parts(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    Some((scheme, host, rest))
}

fn without_port(url: &str) -> String {
    match parts(url) {
        Some((scheme, host, rest)) => {
            let name = match host.rsplit_once(':') {
                Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
                _ => host,
            };
            format!("{scheme}://{name}{rest}")
        }
        None => url.to_owned(),
    }
}

fn with_port(url: &str) -> String {
    match parts(url) {
        Some((scheme, host, rest)) if !host.contains(':') => {
            let port = if scheme == "http" { 80 } else { 443 };
            format!("{scheme}://{host}:{port}{rest}")
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.org/hooks/sms?a=1";
    const BODY: &[u8] = b"From=%2B4915112345612&Body=Hallo+%C3%A4&To=%2B4930123&Body=Hallo+%C3%A4";

    fn received<'a>(url: &'a str, signature: &'a str, body: &'a [u8]) -> Received<'a> {
        Received {
            url,
            signature: Some(signature),
            settings: None,
            body,
        }
    }

    #[test]
    fn the_example_of_the_documentation_holds() {
        let body = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        assert_eq!(
            sign(Algorithm::Sha1, "12345", url, body).unwrap(),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        );
    }

    #[test]
    fn the_port_may_be_there_or_not() {
        for signed in [URL, "https://example.org:443/hooks/sms?a=1"] {
            let signature = sign(Algorithm::Sha1, "token", signed, BODY).unwrap();
            for asked in [URL, "https://example.org:443/hooks/sms?a=1"] {
                let received = received(asked, &signature, BODY);
                assert!(check(&received, &["alt", "token"], &[]).is_verified());
                assert_eq!(
                    check(&received, &["alt"], &["token"]),
                    Verification::Mismatch
                );
                assert_eq!(check(&received, &["", " "], &[]), Verification::Mismatch);
            }
        }
    }

    #[test]
    fn any_change_is_noticed() {
        let signature = sign(Algorithm::Sha1, "token", URL, BODY).unwrap();
        let check = |url, body| check(&received(url, &signature, body), &["token"], &[]);
        assert!(check(URL, BODY).is_verified());
        assert_eq!(
            check("https://example.org/hooks/sms?a=2", BODY),
            Verification::Mismatch
        );
        assert_eq!(check(URL, b"Body=x"), Verification::Mismatch);
    }

    #[test]
    fn the_newer_way_has_its_own_key() {
        let signature = sign(Algorithm::Sha256, "key", URL, BODY).unwrap();
        let newer = Received {
            settings: Some("key=SK1, algorithm=HMAC_SHA256"),
            ..received(URL, &signature, BODY)
        };
        assert!(check(&newer, &[], &["key"]).is_verified());
        assert_eq!(check(&newer, &["key"], &[]), Verification::Mismatch);
        let odd = Received {
            settings: Some("algorithm=NONE"),
            ..newer
        };
        assert_eq!(check(&odd, &["key"], &["key"]), Verification::Malformed);
    }

    #[test]
    fn json_is_covered_by_its_digest() {
        let body = br#"{"a":1}"#;
        let url = format!(
            "https://example.org/x?bodySHA256={}",
            hex::encode(Sha256::digest(body))
        );
        let signature = sign(Algorithm::Sha1, "token", &url, b"").unwrap();
        assert!(check(&received(&url, &signature, body), &["token"], &[]).is_verified());
        assert_eq!(
            check(&received(&url, &signature, b"{}"), &["token"], &[]),
            Verification::Mismatch
        );
    }

    #[test]
    fn missing_and_malformed_are_told_apart() {
        let none = Received {
            signature: None,
            ..received(URL, "", BODY)
        };
        assert_eq!(check(&none, &["t"], &[]), Verification::Missing);
        assert_eq!(
            check(&received(URL, "%%", BODY), &["t"], &[]),
            Verification::Malformed
        );
    }
}
