//! Was it a person? Programs open and click before people do: filters of companies follow every
//! link, mail services load every picture.
//!
//! What is said here marks events and feeds no decision: an open or a click never ends a
//! follow-up, and no GET unsubscribes anybody.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Who opened or clicked, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Nothing speaks against a person.
    Person,
    /// The mail service loaded the pictures, for a person or beforehand.
    Proxy,
    /// A program.
    Machine,
}

/// Nobody reads a mail and follows its link that soon after it was handed over.
pub const TOO_SOON: TimeDelta = TimeDelta::seconds(10);

const PROXIES: [&str; 4] = [
    "googleimageproxy",
    "ggpht.com",
    "yahoomailproxy",
    "yahoocachesystem",
];
const MACHINES: [&str; 26] = [
    "bot",
    "crawler",
    "spider",
    "scanner",
    "preview",
    "python",
    "curl/",
    "wget/",
    "go-http-client",
    "java/",
    "okhttp",
    "libwww",
    "headless",
    "phantomjs",
    "barracuda",
    "mimecast",
    "proofpoint",
    "safelinks",
    "symantec",
    "trendmicro",
    "sophos",
    "fireeye",
    "cloudmark",
    "mailguard",
    "facebookexternalhit",
    "slack-imgproxy",
];

/// Who loaded the picture that counts opens.
pub fn opened(user_agent: Option<&str>, since_sent: TimeDelta) -> Actor {
    let agent = small(user_agent);
    // Apple's mail loads everything beforehand and says no more than this.
    let anonymous = agent == "mozilla/5.0";
    if anonymous || PROXIES.iter().any(|proxy| agent.contains(proxy)) {
        Actor::Proxy
    } else {
        clicked(user_agent, since_sent)
    }
}

/// Who followed a link. No user agent is no sign of a program: people hide theirs.
pub fn clicked(user_agent: Option<&str>, since_sent: TimeDelta) -> Actor {
    let agent = small(user_agent);
    if since_sent < TOO_SOON || MACHINES.iter().any(|machine| agent.contains(machine)) {
        Actor::Machine
    } else {
        Actor::Person
    }
}

fn small(user_agent: Option<&str>) -> String {
    user_agent.unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15";

    #[test]
    fn nx_43_scanners_are_marked_and_people_are_not() {
        let later = TimeDelta::minutes(3);
        let check = |agent, since| clicked(agent, since);
        assert_eq!(check(Some(PHONE), later), Actor::Person);
        assert_eq!(check(Some(PHONE), TimeDelta::seconds(2)), Actor::Machine);
        assert_eq!(check(Some("python-requests/2.32"), later), Actor::Machine);
        assert_eq!(
            check(Some("Mozilla/5.0 (compatible; BingPreview/1.0b)"), later),
            Actor::Machine
        );
        assert_eq!(check(None, later), Actor::Person, "privacy is no proof");
        assert_eq!(check(Some("Mozilla/5.0"), later), Actor::Person);
        let google =
            "Mozilla/5.0 (Windows NT 5.1) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        assert_eq!(opened(Some(google), later), Actor::Proxy);
        assert_eq!(opened(Some("Mozilla/5.0"), later), Actor::Proxy);
        assert_eq!(opened(Some(PHONE), later), Actor::Person);
    }
}
