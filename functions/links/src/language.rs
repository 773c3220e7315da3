//! In which language a page speaks: the customer's, else the browser's, else the business's.

use domain::customer::Customer;
use domain::settings::Locale;
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

/// What is known of the customer goes before what a borrowed telephone prefers.
pub(crate) fn of(customer: &Customer, headers: &HeaderMap, business: Locale) -> Locale {
    let told = customer.language.as_deref().and_then(of_tag);
    let known = customer.profile.locale.or(told);
    known.or_else(|| asked_for(headers)).unwrap_or(business)
}

/// What the browser asks for most, of what we speak.
pub(crate) fn asked_for(headers: &HeaderMap) -> Option<Locale> {
    let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(Locale, u16)> = None;
    for part in header.split(',').take(20) {
        let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
        let Some(locale) = of_tag(tag.trim()) else {
            continue;
        };
        let weight = weight(parameters);
        // Of two alike the first.
        if weight > best.map_or(0, |(_, known)| known) {
            best = Some((locale, weight));
        }
    }
    best.map(|(locale, _)| locale)
}

/// `q=0.8` in thousandths; what cannot be read counts as nothing.
fn weight(parameters: &str) -> u16 {
    let Some(value) = parameters.trim().strip_prefix("q=") else {
        return if parameters.trim().is_empty() {
            1000
        } else {
            0
        };
    };
    match value.trim().split_once('.') {
        None => value
            .trim()
            .parse::<u16>()
            .map_or(0, |whole| whole.min(1) * 1000),
        Some(("0", digits)) if digits.len() <= 3 => {
            format!("{digits:0<3}").parse().unwrap_or_default()
        }
        Some(("1", _)) => 1000,
        Some(_) => 0,
    }
}

fn of_tag(tag: &str) -> Option<Locale> {
    let language = tag.split(['-', '_']).next()?;
    match language.to_ascii_lowercase().as_str() {
        "de" => Some(Locale::De),
        "en" => Some(Locale::En),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_gets_what_it_asks_for_most() {
        for (header, expected) in [
            ("de", Some(Locale::De)),
            ("en-GB,en;q=0.9,de;q=0.8", Some(Locale::En)),
            ("en;q=0.5, de-AT;q=0.75", Some(Locale::De)),
            ("fr, de;q=0.3", Some(Locale::De)),
            ("fr,es", None),
            ("en;q=0, de;q=0.001", Some(Locale::De)),
            ("de;q=wrong, en;level=1", None),
            ("*", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(header));
            assert_eq!(asked_for(&headers), expected, "{header}");
        }
        assert_eq!(asked_for(&HeaderMap::new()), None);
    }
}
