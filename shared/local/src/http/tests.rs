//! What the outbox shows, how the stand-ins answer, what a script does.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use channels::Method;
use serde_json::{Value, json};

use super::*;
use crate::VirtualClock;

fn http() -> LocalHttp {
    LocalHttp::new(Arc::new(VirtualClock::standing_at(
        "2026-03-01T08:00:00Z".parse().unwrap(),
    )))
}

fn post(url: &str, body: &Value) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url: url.to_owned(),
        headers: vec![("Authorization".to_owned(), "Bearer geheim".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

fn whatsapp() -> HttpRequest {
    post(
        "https://graph.facebook.com/v23.0/1/messages?appsecret_proof=geheim",
        &json!({"messaging_product": "whatsapp", "to": "+4915112345612", "type": "text", "text": {"body": "Hallo"}}),
    )
}

async fn accepted(http: &LocalHttp, request: &HttpRequest) -> Value {
    let response = http.send(request).await.unwrap();
    assert!((200..300).contains(&response.status));
    serde_json::from_slice(&response.body).unwrap()
}

#[tokio::test]
async fn every_platform_accepts_in_its_own_way() {
    let http = http();
    let answer = accepted(&http, &whatsapp()).await;
    assert_eq!(answer["messages"][0]["id"], "wamid.LOCAL0069a3f20000000001");
    assert_eq!(answer["contacts"][0]["wa_id"], "4915112345612");

    let page = json!({"recipient": {"id": "77"}, "message": {"text": "Hallo"}});
    let answer = accepted(
        &http,
        &post("https://graph.facebook.com/v23.0/me/messages", &page),
    )
    .await;
    assert_eq!(
        answer,
        json!({"recipient_id": "77", "message_id": "m_0069a3f20000000002"})
    );

    let chat = json!({"chat_id": 5, "text": "Hallo"});
    let answer = accepted(
        &http,
        &post("https://api.telegram.org/bot1:x/sendMessage", &chat),
    )
    .await;
    assert_eq!(answer["result"]["chat"]["id"], 5);
    assert_eq!(answer["ok"], true);
    assert!(answer["result"]["message_id"].is_i64());
}

#[tokio::test]
async fn the_outbox_shows_the_request_without_its_credentials() {
    let http = http();
    accepted(&http, &whatsapp()).await;
    accepted(
        &http,
        &post(
            "https://api.telegram.org/bot1:geheim/sendMessage",
            &json!({"chat_id": 5}),
        ),
    )
    .await;
    let outbox = http.outbox();
    assert_eq!(outbox[0].body["text"]["body"], "Hallo");
    assert_eq!(outbox[0].headers["authorization"], "Bearer …");
    assert_eq!(outbox[1].url, "https://api.telegram.org/bot…/sendMessage");
    let shown = serde_json::to_string(&outbox).unwrap();
    assert!(!shown.contains("geheim"), "{shown}");
    assert_eq!(http.clear_outbox().len(), 2);
    assert_eq!(http.outbox(), []);
}

#[tokio::test]
async fn scripted_answers_are_used_once_and_in_order() {
    let http = http();
    http.next(Answer::Refused);
    http.next(Answer::json(429, &json!({"error": {"code": 130_429}})));
    http.next(Answer::LostRequest);
    http.next(Answer::LostAnswer);
    assert_eq!(http.unused_answers(), 4);

    assert!(matches!(
        http.send(&whatsapp()).await,
        Err(TransportError::NotSent(_))
    ));
    assert_eq!(http.send(&whatsapp()).await.unwrap().status, 429);
    assert!(matches!(
        http.send(&whatsapp()).await,
        Err(TransportError::MaybeSent(_))
    ));
    assert!(matches!(
        http.send(&whatsapp()).await,
        Err(TransportError::MaybeSent(_))
    ));
    assert_eq!(http.send(&whatsapp()).await.unwrap().status, 200);

    let taken: Vec<bool> = http
        .outbox()
        .iter()
        .map(|sent| sent.outcome.accepted())
        .collect();
    assert_eq!(taken, [false, false, false, true, true]);
}

#[tokio::test]
async fn a_hook_sees_every_request_the_script_leaves() {
    let http = http();
    http.answer_by(|_, nth| {
        if nth == 1 {
            Answer::Refused
        } else {
            Answer::Usual
        }
    });
    assert!(http.send(&whatsapp()).await.is_ok());
    assert!(http.send(&whatsapp()).await.is_err());
    assert!(http.send(&whatsapp()).await.is_ok());
}

#[tokio::test]
async fn the_outbox_forgets_the_oldest() {
    let http = http();
    let small = post("https://example.org/hook", &json!(1));
    for _ in 0..10_001 {
        http.send(&small).await.unwrap();
    }
    let outbox = http.outbox();
    assert_eq!((outbox.len(), outbox[0].number), (10_000, 2));
}

#[test]
fn only_this_machine_can_stand_in() {
    for base in [
        "http://127.0.0.1:9000",
        "http://[::1]:9000/x",
        "http://localhost:9000",
    ] {
        assert!(http().forward("graph.facebook.com", base).is_ok(), "{base}");
    }
    for base in [
        "http://10.0.0.1",
        "https://127.0.0.1",
        "http://localhost.example.org",
        "127.0.0.1:9",
        "http://127.0.0.1@example.org",
    ] {
        assert!(
            http().forward("graph.facebook.com", base).is_err(),
            "{base}"
        );
    }
}

#[test]
fn servers_here_are_told_apart_by_their_port() {
    let http = http()
        .forward("127.0.0.1:9000", "http://127.0.0.1:9000")
        .and_then(|http| http.forward("127.0.0.1:9001", "http://127.0.0.1:9001"))
        .unwrap();
    let forwarded = |url: &str| {
        let request = HttpRequest {
            url: url.to_owned(),
            ..whatsapp()
        };
        forward::target(&http.forwards, &request).map(|(request, _)| request.url)
    };
    for url in ["http://127.0.0.1:9000/a", "http://127.0.0.1:9001/b?c=1"] {
        assert_eq!(forwarded(url).as_deref(), Some(url));
    }
    assert_eq!(forwarded("http://127.0.0.1:9002/a"), None);
}

#[tokio::test]
async fn a_forwarded_host_is_answered_by_the_server_here() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = vec![0; 4096];
        let read = stream.read(&mut seen).unwrap();
        stream
            .write_all(b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno")
            .unwrap();
        String::from_utf8_lossy(&seen[..read]).into_owned()
    });

    let http = http()
        .forward("Graph.Facebook.com", &format!("http://{address}/"))
        .unwrap();
    let response = http.send(&whatsapp()).await.unwrap();
    assert_eq!(
        (response.status, response.retry_after.as_deref()),
        (503, Some("7"))
    );
    assert!(
        server
            .join()
            .unwrap()
            .starts_with("POST /v23.0/1/messages?appsecret_proof=geheim HTTP/1.1")
    );
    assert_eq!(
        http.outbox()[0].outcome,
        Outcome::Answered {
            status: 503,
            body: json!("no")
        }
    );

    // The server is gone: provably nothing left.
    assert!(matches!(
        http.send(&whatsapp()).await,
        Err(TransportError::NotSent(_))
    ));
}
