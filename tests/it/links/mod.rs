//! The public pages, as browsers, mail programs and strangers call them.

mod role;

use app::links::Recipient;
use axum::body::Body;
use axum::response::Response;
use chrono::TimeDelta;
use domain::channel::Channel;
use domain::consent::Class;
use domain::ids::{ConversationId, CustomerId};
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};

use crate::world::{self, Happening};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";
const BUTTON: &str = "action=unsubscribe";
const FORM: &str = "application/x-www-form-urlencoded";

struct World(world::World);

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Page {
    async fn of(answer: Response) -> Self {
        let (parts, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    #[track_caller]
    fn says(self, status: u16, words: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.body.contains(words), "{words:?} in {}", self.body);
        self
    }
}

impl World {
    async fn new() -> Self {
        let now = "2026-11-02T08:00:00Z".parse().unwrap();
        Self(world::World::start(now, None).await.unwrap())
    }

    /// A customer, by the address under `/v1`.
    async fn customer(&self, known: Value) -> String {
        let made = self.0.api("POST", "/v1/customers", Some(known)).await;
        let made = made.unwrap().ok().unwrap();
        format!("/v1/customers/{}", made["id"].as_str().unwrap())
    }

    /// The path of a link for them.
    async fn link(&self, customer: &str, what: Value) -> String {
        let path = format!("{customer}/links");
        let made = self.0.api("POST", &path, Some(what)).await.unwrap();
        assert_eq!(made.status, 201, "{}", made.body);
        let url = made.body["url"].as_str().unwrap();
        let path = url.strip_prefix("https://desk.example.org/nachfass");
        path.unwrap().to_owned()
    }

    async fn unsubscribe(&self, customer: &str, class: &str) -> String {
        let what = json!({"for": "unsubscribe", "class": class});
        self.link(customer, what).await
    }

    async fn ask(&self, method: &str, path: &str, kind: &str, body: &str) -> Page {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(CONTENT_TYPE, kind)
            .header(ACCEPT_LANGUAGE, "fr, en;q=0.8");
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.page(request).await
    }

    async fn page(&self, request: Request<Body>) -> Page {
        Page::of(self.0.anybody(request).await).await
    }

    async fn get(&self, path: &str) -> Page {
        self.ask("GET", path, "", "").await
    }

    async fn post(&self, path: &str, body: &str) -> Page {
        self.ask("POST", path, FORM, body).await
    }

    async fn consents(&self, customer: &str) -> Value {
        self.0.get(&format!("{customer}/consents")).await.unwrap()
    }

    /// What the ledger holds: change, class or what, source, text.
    async fn said(&self, customer: &str) -> Vec<String> {
        let consents = self.consents(customer).await;
        let entries = consents["entries"].as_array().unwrap();
        let line = |entry: &Value| {
            let about = match &entry["class"] {
                Value::Null => &entry["what"],
                class => class,
            };
            let words = [&entry["change"], about, &entry["said_by"]["source"]];
            words
                .map(|word| word.as_str().unwrap().to_owned())
                .join(" ")
        };
        entries.iter().map(line).collect()
    }

    /// What staff do in the profile; the status of the answer.
    async fn switch(&self, customer: &str, class: &str, allowed: bool) -> u16 {
        let switch = json!({"class": class, "allowed": allowed});
        let path = format!("{customer}/consents");
        let answer = self.0.api("POST", &path, Some(switch)).await.unwrap();
        answer.status.as_u16()
    }
}

fn anna() -> Value {
    json!({
        "name": {"first": "Anna"}, "locale": "de",
        "emails": [{"value": "anna@example.org"}],
    })
}

#[tokio::test]
async fn mo_27_the_link_of_a_class_ends_just_that_class_and_says_so() {
    let world = World::new().await;
    for (class, asks, promises) in [
        (
            "email_marketing",
            "Werbe-E-Mails abbestellen",
            "Sie bekommen keine Werbe-E-Mails mehr von ",
        ),
        (
            "email_transactional",
            "E-Mails zu Ihren Buchungen abbestellen",
            "Sie bekommen keine E-Mails zu Ihren Buchungen mehr von ",
        ),
    ] {
        let anna = world.customer(anna()).await;
        let link = world.unsubscribe(&anna, class).await;
        assert_eq!(link, world.unsubscribe(&anna, class).await, "the same link");
        world.get(&link).await.says(200, asks);
        assert_eq!(world.said(&anna).await, [""; 0]);
        world.post(&link, BUTTON).await.says(200, promises);
        assert_eq!(
            world.said(&anna).await,
            [format!("refuse {class} footer_link")]
        );
        let ledger = world.consents(&anna).await;
        let shown = ledger["entries"][0]["shown"].as_str().unwrap();
        assert!(
            shown.contains(asks) && shown.contains("[Abbestellen]"),
            "{shown}"
        );
        let classes = ledger["standing"]["classes"].as_array().unwrap();
        let refused = classes.iter().filter(|it| it["state"] == "refused");
        assert_eq!(refused.count(), 1);
        // Again is the same, and whoever comes back later finds it done.
        world.post(&link, BUTTON).await.says(200, promises);
        world.get(&link).await.says(200, promises);
        assert_eq!(world.said(&anna).await.len(), 1);
    }
}

/// RFC 8058: at once, without the page, as often as it comes; and no `GET` does it (NX-43).
#[tokio::test]
async fn nx_44_one_click_of_a_mail_program_ends_the_class_and_following_the_link_does_not() {
    let world = World::new().await;
    let anna = world.customer(anna()).await;
    let link = world.unsubscribe(&anna, "email_marketing").await;
    for method in ["GET", "HEAD", "GET"] {
        let page = world.ask(method, &link, FORM, ONE_CLICK).await;
        assert_eq!(page.status, 200);
    }
    let query = format!("{link}?{ONE_CLICK}");
    world.get(&query).await.says(200, "Abbestellen");
    assert_eq!(world.said(&anna).await, [""; 0]);
    let parts = "multipart/form-data; boundary=x";
    let part = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    for (kind, body) in [(FORM, ONE_CLICK), (FORM, ONE_CLICK), (parts, part)] {
        let page = world.ask("POST", &link, kind, body).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let said = world.said(&anna).await;
        assert_eq!(said, ["refuse email_marketing footer_link"]);
    }
    let ledger = world.consents(&anna).await;
    assert_eq!(ledger["entries"][0]["shown"], Value::Null);
}

/// Every answer, also that to a stranger.
fn is_protected(page: &Page) {
    let header = |name: &str| page.headers[name].to_str().unwrap();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-robots-tag"), "noindex, nofollow");
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "style-src 'sha256-",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    let body = &page.body;
    assert!(!body.contains("<script") && !body.contains("://"), "{body}");
    let tongue = ["<html lang=\"de\">", "<html lang=\"en\">"];
    assert!(tongue.iter().any(|it| body.contains(it)), "{body}");
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let anna = world.customer(anna()).await;
    let link = world.unsubscribe(&anna, "email_marketing").await;
    let all = world.link(&anna, json!({"for": "preferences"})).await;
    let large = format!("{BUTTON}&x={}", "x".repeat(links::BODY_LIMIT));
    let (json, of_all) = ("application/json", format!("{link}/preferences"));
    let save = "action=save&shown=email_marketing&shown=sms_marketing";
    for (method, path, kind, body, status) in [
        ("POST", link.as_str(), FORM, "", 400),
        ("POST", &link, FORM, "List-Unsubscribe=Two-Click", 400),
        ("POST", &link, FORM, "action=save", 400),
        ("POST", &link, json, "{}", 415),
        ("POST", &link, FORM, &large, 413),
        ("PUT", &link, FORM, BUTTON, 405),
        ("DELETE", &link, FORM, BUTTON, 405),
        ("POST", &all, FORM, ONE_CLICK, 400),
        ("POST", &all, FORM, BUTTON, 400),
        ("POST", &of_all, FORM, "", 400),
        ("POST", &of_all, FORM, "shown=email_marketing", 400),
        ("PATCH", &of_all, FORM, save, 405),
        ("POST", &format!("{link}/other"), FORM, BUTTON, 404),
    ] {
        let page = world.ask(method, path, kind, body).await;
        assert_eq!(page.status, status, "{method} {path} {body:.40}");
        is_protected(&page);
        assert_eq!(
            world.said(&anna).await,
            [""; 0],
            "{method} {path} {body:.40}"
        );
    }
    // A customer cannot choose what they were not offered.
    world.post(&of_all, save).await.says(200, "Gespeichert");
    let said = world.said(&anna).await;
    assert_eq!(said, ["refuse email_marketing preferences"]);
}

#[tokio::test]
async fn who_has_no_link_learns_nothing() {
    let world = World::new().await;
    let anna = world.customer(anna()).await;
    let link = world.unsubscribe(&anna, "email_marketing").await;
    is_protected(&world.get(&link).await);
    let token = link.strip_prefix("/l/").unwrap();
    let (head, last) = token.split_at(token.len() - 1);
    let other = if last == "0" { "1" } else { "0" };
    let strangers = [
        format!("/l/{head}{other}"),
        format!("/l/{}", "0".repeat(token.len())),
        format!("/l/{head}"),
        format!("/l/{token}0"),
        format!("/l/{}", token.to_uppercase().replace(char::is_numeric, "A")),
        format!("/l/{}", "%00".repeat(8)),
        "/l/%F0%9F%92%A5".to_owned(),
        anna.replace("/v1/customers/", "/l/"),
        "/l/x/y/z".to_owned(),
    ];
    let mut pages = Vec::new();
    for path in strangers {
        for (method, body) in [("GET", ""), ("POST", ONE_CLICK)] {
            let page = world.ask(method, &path, FORM, body).await;
            let page = page.says(404, "This link leads nowhere");
            is_protected(&page);
            pages.push(page.body);
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "all of them are told the same");
    assert_eq!(world.said(&anna).await, [""; 0]);

    // Nothing about anybody stands in an address.
    let id = anna.rsplit('_').next().unwrap();
    assert!(!link.contains(id) && token.len() >= 32);
}

#[tokio::test]
async fn a_link_ends_with_the_customer() {
    let world = World::new().await;
    let anna = world.customer(anna()).await;
    let link = world.unsubscribe(&anna, "email_marketing").await;
    let all = world.link(&anna, json!({"for": "preferences"})).await;
    let export = world.0.get(&format!("{anna}/export")).await.unwrap();
    let records = export["records"].as_array().unwrap();
    assert_eq!(records.iter().filter(|it| it["kind"] == "link").count(), 2);
    let erased = world.0.api("DELETE", &anna, None).await.unwrap();
    assert_eq!(erased.status, 204, "{}", erased.body);
    for path in [link.clone(), all, format!("{link}/preferences")] {
        world.get(&path).await.says(404, "leads nowhere");
        world
            .post(&path, ONE_CLICK)
            .await
            .says(404, "leads nowhere");
    }
    let again = json!({"for": "preferences"});
    let path = format!("{anna}/links");
    let refused = world.0.api("POST", &path, Some(again)).await.unwrap();
    assert_eq!(refused.status, 404, "{}", refused.body);
}

#[tokio::test]
async fn pages_speak_the_language_of_the_customer_else_of_the_browser_else_of_the_business() {
    let world = World::new().await;
    let german = "Werbe-E-Mails abbestellen";
    let english = "Unsubscribe from marketing e-mails";
    for (locale, browser, expected) in [
        (json!("de"), "en", german),
        (json!("en"), "de", english),
        (Value::Null, "en-US,en;q=0.9,de;q=0.1", english),
        (Value::Null, "de-CH, en;q=0.5", german),
        (Value::Null, "fr", german),
    ] {
        let mut known = anna();
        known["locale"] = locale;
        let anna = world.customer(known).await;
        let link = world.unsubscribe(&anna, "email_marketing").await;
        let request = Request::get(&link).header(ACCEPT_LANGUAGE, browser);
        let page = world.page(request.body(Body::empty()).unwrap()).await;
        page.says(200, expected);
    }
}

/// What the customers refused themselves staff do not take back, also where staff had refused it for
/// them before (MO-26, MO-27); the customers do, on the page.
#[tokio::test]
async fn mo_26_staff_take_back_what_staff_said_and_not_what_the_customer_did() {
    let world = World::new().await;
    let anna = world.customer(anna()).await;
    let class = "email_marketing";
    let link = world.unsubscribe(&anna, class).await;
    let all = format!("{link}/preferences");
    assert_eq!(world.switch(&anna, class, false).await, 200);
    assert_eq!(world.switch(&anna, class, true).await, 200);
    assert_eq!(world.switch(&anna, class, false).await, 200);
    world
        .get(&link)
        .await
        .says(200, "Werbe-E-Mails abbestellen");
    world.post(&link, BUTTON).await.says(200, "Abbestellt");
    assert_eq!(world.switch(&anna, class, true).await, 409);
    assert_eq!(
        world.said(&anna).await,
        [
            "refuse email_marketing staff",
            "restore email_marketing staff",
            "refuse email_marketing staff",
            "refuse email_marketing footer_link",
        ]
    );
    // A new tick.
    let tick = "action=save&shown=email_marketing&want=email_marketing";
    world.post(&all, tick).await.says(200, "Gespeichert");
    let last = world.said(&anna).await.pop().unwrap();
    assert_eq!(last, "grant email_marketing preferences");
    // A page that is older than a refusal takes nothing back.
    world.post(&link, ONE_CLICK).await.says(200, "Abbestellt");
    let stale = format!("{tick}&was=email_marketing");
    world.post(&all, &stale).await.says(200, "Gespeichert");
    let last = world.said(&anna).await.pop().unwrap();
    assert_eq!(last, "refuse email_marketing footer_link");
    // No tick is a no of their own.
    let ben = world
        .customer(json!({"emails": [{"value": "ben@example.org"}]}))
        .await;
    let all = world.link(&ben, json!({"for": "preferences"})).await;
    assert_eq!(world.switch(&ben, class, false).await, 200);
    let none = "action=save&shown=email_marketing";
    world.post(&all, none).await.says(200, "Saved");
    assert_eq!(world.switch(&ben, class, true).await, 409);
    world.post(&all, "action=end_all").await.says(200, "Saved");
    let last = world.said(&ben).await.pop().unwrap();
    assert_eq!(last, "refuse email_transactional preferences");
}

/// Somebody who is to be followed up by SMS: the conversation and the customer, by their addresses.
async fn followed_up(world: &mut World) -> (String, String) {
    world.0.connect(Channel::Sms, "sms").await.unwrap();
    let rule = json!({
        "name": "Termin offen", "enabled": true,
        "trigger": {"type": "silence", "description": "wenn ein Kunde einen Termin möchte, aber nicht bestätigt"},
        "stop": {"description": "wenn der Kunde bestätigt oder absagt"},
        "delay": {"mode": "manual", "minutes": 240},
        "message": {"mode": "custom", "text": "Passt Dienstag um 10?"},
    });
    let made = world.0.api("POST", "/v1/rules", Some(rule)).await.unwrap();
    assert_eq!(made.status, 201, "{}", made.body);
    let wrote = Happening::Wrote {
        text: "Hallo, habt ihr diese Woche noch einen Termin frei?".to_owned(),
        at: world.0.now(),
    };
    world.0.happens("sms", "anna", &wrote).await.unwrap();
    let id = world.0.conversation("anna", "sms").unwrap();
    let path = format!("/v1/conversations/{id}");
    let messages = format!("{path}/messages");
    let answer = json!({"text": "Gern! Dienstag um 10 oder Donnerstag um 17 Uhr?"});
    let sent = world.0.api("POST", &messages, Some(answer)).await.unwrap();
    assert_eq!(sent.status, 202, "{}", sent.body);
    world.0.advance(TimeDelta::minutes(5)).await.unwrap();
    let head = world.0.get(&path).await.unwrap();
    let anna = head["customer"]["id"].as_str().unwrap();
    (path, format!("/v1/customers/{anna}"))
}

/// A stop on the page is a STOP: what is planned ends at once, and START or the page lift it.
#[tokio::test]
async fn mo_28_stopping_all_sms_on_the_page_ends_what_was_planned_as_a_stop_does() {
    let mut world = World::new().await;
    let (path, anna) = followed_up(&mut world).await;
    let pending = async |world: &World| {
        let pending = world.0.get("/v1/pending").await.unwrap();
        pending["pending"].as_array().unwrap().len()
    };
    assert_eq!(pending(&world).await, 1);

    let link = world.unsubscribe(&anna, "sms_transactional").await;
    world
        .get(&link)
        .await
        .says(200, "Unsubscribe from text messages");
    assert_eq!(pending(&world).await, 1);
    world
        .post(&link, BUTTON)
        .await
        .says(200, "You get no more text messages");
    assert_eq!(pending(&world).await, 0);
    assert_eq!(world.said(&anna).await, ["stop sms footer_link"]);
    assert_eq!(world.switch(&anna, "sms_transactional", true).await, 422);
    let why = world.0.get(&format!("{path}/why?locale=en")).await.unwrap();
    assert!(why.to_string().contains("STOP"), "{why}");
    world.0.advance(TimeDelta::hours(6)).await.unwrap();
    let texts: Vec<_> = world.0.take_sent();
    assert_eq!(texts.len(), 1, "only what staff wrote");

    // By the page again.
    let all = format!("{link}/preferences");
    let tick = "action=save&shown=sms_transactional&want=sms_transactional";
    world.post(&all, tick).await.says(200, "Saved");
    assert_eq!(
        world.said(&anna).await,
        ["stop sms footer_link", "start sms preferences"]
    );
    let head = world.0.get(&path).await.unwrap();
    assert_eq!(head["state"]["state"], "open", "{head}");
}

/// The refusal of a class ends what is planned of it, at once.
#[tokio::test]
async fn mo_27_the_end_of_a_class_ends_what_was_planned_of_it_and_says_why() {
    for (class, stays) in [
        ("sms_marketing", true),
        ("chat_marketing", true),
        ("sms_transactional", false),
    ] {
        let mut world = World::new().await;
        let (_, anna) = followed_up(&mut world).await;
        let link = world.unsubscribe(&anna, class).await;
        world.post(&link, ONE_CLICK).await.says(200, "no more");
        let pending = world.0.get("/v1/pending").await.unwrap();
        let pending = pending["pending"].as_array().unwrap().len();
        // The rule is about an appointment: no advertising.
        assert_eq!(pending == 1, stays, "{class}");
    }
    let mut world = World::new().await;
    let (path, anna) = followed_up(&mut world).await;
    let rules = world.0.get("/v1/rules").await.unwrap();
    let rule = rules["rules"].as_array().unwrap();
    let rule = rule.iter().find(|it| it["enabled"] == true).unwrap()["id"]
        .as_str()
        .unwrap();
    let purpose = json!({"purpose": "marketing"});
    let changed = world
        .0
        .api("PATCH", &format!("/v1/rules/{rule}"), Some(purpose))
        .await;
    assert_eq!(changed.unwrap().status, 200);
    world.0.advance(TimeDelta::minutes(5)).await.unwrap();
    let pending = async |world: &World| {
        let pending = world.0.get("/v1/pending").await.unwrap();
        pending["pending"].as_array().unwrap().len()
    };
    assert_eq!(pending(&world).await, 1);
    let link = world.unsubscribe(&anna, "sms_marketing").await;
    world.post(&link, ONE_CLICK).await.says(200, "no more");
    assert_eq!(pending(&world).await, 0);
    let why = world.0.get(&format!("{path}/why?locale=en")).await.unwrap();
    assert!(why.to_string().contains("class_refused"), "{why}");
    world.0.advance(TimeDelta::hours(6)).await.unwrap();
    assert_eq!(world.0.take_sent().len(), 1, "only what staff wrote");
}

/// What e-mail puts at the foot and into the header of a message.
#[tokio::test]
async fn nx_44_a_message_gets_one_address_and_the_headers_of_rfc_8058() {
    let mut world = World::new().await;
    let (path, _) = followed_up(&mut world).await;
    let head = world.0.get(&path).await.unwrap();
    let app = &world.0.runner().app;
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let to = Recipient {
        workspace: world.0.local.installation.workspace,
        customer: CustomerId::parse(&id(&head["customer"]["id"])).unwrap(),
        conversation: Some(ConversationId::parse(&id(&head["id"])).unwrap()),
    };
    let ask = async |to, class| {
        let link = app::links::unsubscribe(app, to, class).await.unwrap();
        link.map(|link| (link.url.clone(), link.headers()))
    };
    let (url, headers) = ask(to, Class::EmailMarketing).await.unwrap();
    let [list, post] = headers;
    assert_eq!(list, ("List-Unsubscribe", format!("<{url}>")));
    assert_eq!(post, ("List-Unsubscribe-Post", ONE_CLICK.to_owned()));
    assert_eq!(
        ask(to, Class::EmailMarketing).await.unwrap().0,
        url,
        "composed twice"
    );
    let other = ask(to, Class::EmailTransactional).await.unwrap().0;
    let elsewhere = Recipient {
        conversation: None,
        ..to
    };
    let third = ask(elsewhere, Class::EmailMarketing).await.unwrap().0;
    assert!(url != other && url != third && other != third);

    // Staff find out that the conversation is with somebody else: the link speaks for them now.
    let ben = world.customer(json!({"name": {"first": "Ben"}})).await;
    let join = json!({"customer_id": ben.rsplit('/').next().unwrap()});
    let joined = world
        .0
        .api("PUT", &format!("{path}/customer"), Some(join))
        .await
        .unwrap();
    assert!(joined.status.is_success(), "{}", joined.body);
    let link = url
        .strip_prefix("https://desk.example.org/nachfass")
        .unwrap();
    world
        .post(link, ONE_CLICK)
        .await
        .says(200, "no more marketing e-mails");
    assert_eq!(
        world.said(&ben).await.pop().unwrap(),
        "refuse email_marketing footer_link"
    );

    let erased = world.0.api("DELETE", &ben, None).await.unwrap();
    assert_eq!(erased.status, 204, "{}", erased.body);
    world.get(link).await.says(404, "leads nowhere");
    let nobody = Recipient {
        customer: CustomerId::derive(&["nobody"]),
        ..to
    };
    assert!(ask(nobody, Class::EmailMarketing).await.is_none());
}
