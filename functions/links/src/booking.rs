//! The link to book: it leads to the owner's own page, with the business's own id of the customer.
//!
//! That it was followed is noted and nothing else: programs that look where links lead follow it, too
//! (NX-43). They are told apart as far as they tell it themselves, and nothing is ever decided by a click.

use app::App;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, Method};
use store::Clicker;

use crate::answer::Trouble;
use crate::visit::Visit;

/// Words in the names of programs that follow links which nobody tapped: mail filters, previews of
/// messengers, search engines, monitors, libraries.
const MACHINES: [&str; 36] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "scan",
    "monitor",
    "probe",
    "fetch",
    "facebookexternalhit",
    "whatsapp",
    "skypeuri",
    "slack",
    "discord",
    "embedly",
    "safelinks",
    "ms-office",
    "mimecast",
    "proofpoint",
    "barracuda",
    "symantec",
    "trendmicro",
    "fireeye",
    "cloudmark",
    "googleimageproxy",
    "google-safety",
    "headless",
    "phantomjs",
    "curl/",
    "wget/",
    "python",
    "okhttp",
    "go-http-client",
    "java/",
    "node",
    "axios",
];
const PURPOSES: [HeaderName; 3] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-moz"),
];

/// Leads to the page. A `HEAD`, or a program that says what it is, is led there as well.
pub(crate) async fn lead(
    app: &App,
    visit: &Visit,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Trouble> {
    let locale = visit.locale;
    let page = visit.booking_page.as_ref();
    let page = page.ok_or(Trouble::nowhere(locale))?;
    let reference = visit.customer.reference.as_ref();
    let encoded = reference.map(|reference| {
        form_urlencoded::byte_serialize(reference.reveal().as_bytes()).collect::<String>()
    });
    let by = clicker(method, headers);
    if let Err(error) = app
        .store
        .note_click(&visit.token, visit.link(), by, app.now())
        .await
    {
        // Whoever wants to book is not kept from it.
        tracing::warn!(error = %error, "a click could not be noted");
    }
    Ok(Redirect::to(&page.for_customer(encoded.as_deref())).into_response())
}

/// Who follows the link. Headers for privacy say nothing: people send them.
fn clicker(method: &Method, headers: &HeaderMap) -> Clicker {
    let ahead = PURPOSES.iter().any(|name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.contains("prefetch") || value.contains("preview"))
    });
    let name = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let name = name.unwrap_or_default().to_ascii_lowercase();
    let is_machine = name.is_empty() || MACHINES.iter().any(|word| name.contains(word));
    match method == Method::HEAD || ahead || is_machine {
        true => Clicker::Machine,
        false => Clicker::Person,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn by(method: &Method, headers: &[(&'static str, &'static str)]) -> Clicker {
        let headers = headers.iter().map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        clicker(method, &headers.collect())
    }

    #[test]
    fn nx_43_scanners_are_told_from_people_and_privacy_is_no_sign_of_one() {
        const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";
        let get = |headers: &[_]| by(&Method::GET, headers);
        assert_eq!(get(&[("user-agent", PHONE)]), Clicker::Person);
        let private = [("user-agent", PHONE), ("dnt", "1"), ("sec-gpc", "1")];
        assert_eq!(get(&private), Clicker::Person);
        assert_eq!(
            by(&Method::HEAD, &[("user-agent", PHONE)]),
            Clicker::Machine
        );
        let ahead = [("user-agent", PHONE), ("sec-purpose", "prefetch;prerender")];
        assert_eq!(get(&ahead), Clicker::Machine);
        assert_eq!(get(&[]), Clicker::Machine);
        for machine in [
            "WhatsApp/2.24 A",
            "facebookexternalhit/1.1",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (compatible; bingbot/2.0)",
            "curl/8.9",
        ] {
            assert_eq!(
                get(&[("user-agent", machine)]),
                Clicker::Machine,
                "{machine}"
            );
        }
    }
}
