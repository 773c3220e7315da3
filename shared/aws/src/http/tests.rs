//! What is refused before anything leaves, and how failures on the wire are told apart. The
//! servers are sockets on loopback.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::*;

fn get(url: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn local(total: Duration) -> ReqwestHttp {
    ReqwestHttp::public_and_loopback(total).unwrap()
}

/// Accepts one connection and lets `serve` have it once the request has arrived.
fn server(serve: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        serve(stream);
    });
    address
}

fn refusal(error: &TransportError) -> &str {
    match error {
        TransportError::NotSent(reason) => reason,
        TransportError::MaybeSent(reason) => panic!("may have been sent: {reason}"),
    }
}

#[tokio::test]
async fn production_reaches_nothing_but_https_to_public_addresses() {
    let http = ReqwestHttp::public(Duration::from_secs(2)).unwrap();
    for url in [
        "http://example.org/",
        "ftp://example.org/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "http://localhost:9001/2018-06-01/runtime/invocation/next",
        "not a url",
    ] {
        let error = http.send(&get(url)).await.unwrap_err();
        assert!(
            refusal(&error).starts_with("the address is not"),
            "{url}: {error}"
        );
    }
    // A name that leads here gets as far as the resolver.
    let error = http.send(&get("https://localhost/")).await.unwrap_err();
    assert_eq!(refusal(&error), "no connection");
}

/// A name whose answers change: each look-up takes the next one.
fn answering(reach: Reach, answers: &[&[&str]]) -> CheckedDns {
    let answers: Vec<Vec<SocketAddr>> = answers
        .iter()
        .map(|answer| {
            let addresses = answer.iter().map(|address| address.parse().unwrap());
            addresses
                .map(|address: IpAddr| (address, 0).into())
                .collect()
        })
        .collect();
    let left = std::sync::Mutex::new(answers.into_iter());
    let lookup = Arc::new(move |_: String| -> Found {
        let answer = left.lock().unwrap().next().expect("one look-up more");
        Box::pin(async move { Ok(answer) })
    });
    CheckedDns { reach, lookup }
}

#[tokio::test]
async fn of_what_a_name_leads_to_only_public_addresses_are_connected_to() {
    let mixed = [
        "8.8.8.8",
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "fe80::1",
        "fd00:ec2::254",
        "2606:4700::1111",
    ];
    let dns = answering(Reach::Public, &[&mixed, &mixed[1..10]]);
    let found = dns.resolve("example.org".parse().unwrap()).await.unwrap();
    let found: Vec<_> = found.map(|address| address.ip().to_string()).collect();
    assert_eq!(found, ["8.8.8.8", "2606:4700::1111"]);
    // With nothing public among them there is no answer at all.
    let none = dns.resolve("example.org".parse().unwrap()).await;
    assert!(none.is_err());
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_second_time_is_checked_the_second_time() {
    // The answer that is checked is the one that is connected to: there is no second look-up in
    // between, or this server would not be found.
    let address = server(|mut stream| {
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
    });
    let answers: [&[&str]; 2] = [&["10.0.0.1", "127.0.0.1"], &["10.0.0.1"]];
    let dns = answering(Reach::PublicAndLoopback, &answers);
    let http = ReqwestHttp::asking(Duration::from_secs(2), dns).unwrap();
    let request = get(&format!("http://localhost:{}/", address.port()));
    assert_eq!(http.send(&request).await.unwrap().body, b"ok");
    let error = http.send(&request).await.unwrap_err();
    assert_eq!(refusal(&error), "no connection");
}

#[tokio::test]
async fn a_deployed_function_never_connects_to_its_own_machine_whatever_a_name_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let dns = answering(Reach::Public, &[&["127.0.0.1", "::ffff:127.0.0.1"]]);
    let http = ReqwestHttp::asking(Duration::from_secs(2), dns).unwrap();
    let request = get(&format!("https://example.org:{port}/"));
    let error = http.send(&request).await.unwrap_err();
    assert_eq!(refusal(&error), "no connection");
    let nobody = listener.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn the_local_binary_reaches_this_machine_besides_but_no_private_network() {
    let http = local(Duration::from_secs(2));
    for url in [
        "https://10.0.0.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://example.org/",
    ] {
        assert!(
            matches!(http.send(&get(url)).await, Err(TransportError::NotSent(_))),
            "{url}"
        );
    }
}

#[tokio::test]
async fn an_answer_comes_with_its_status_and_redirects_are_not_followed() {
    let address = server(|mut stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\nok",
        );
    });
    let response = local(Duration::from_secs(5))
        .send(&get(&format!("http://{address}/")))
        .await
        .unwrap();
    assert_eq!(
        (response.status, response.retry_after.as_deref()),
        (302, Some("7"))
    );
    assert_eq!(response.body, b"ok");
}

#[tokio::test]
async fn a_long_answer_is_cut_at_one_mebibyte() {
    let address = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n");
        let _ = stream.write_all(&vec![b'x'; 2_000_000]);
    });
    let response = local(Duration::from_secs(5))
        .send(&get(&format!("http://{address}/")))
        .await
        .unwrap();
    assert_eq!(response.body.len(), MAX_BODY_BYTES);
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = local(Duration::from_secs(2))
        .send(&get(&format!("http://{address}/")))
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), "no connection");
}

#[tokio::test]
async fn a_failed_handshake_was_not_sent() {
    let address = server(drop);
    let error = local(Duration::from_secs(2))
        .send(&get(&format!("https://{address}/")))
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), "no connection");
}

#[tokio::test]
async fn a_connection_that_ends_after_the_request_may_have_delivered_it() {
    for partial in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
    ] {
        let address = server(move |mut stream| {
            let _ = stream.write_all(partial);
        });
        let error = local(Duration::from_secs(5))
            .send(&get(&format!("http://{address}/geheim")))
            .await;
        let Err(TransportError::MaybeSent(reason)) = error else {
            panic!("{error:?}")
        };
        assert_eq!(reason, "the connection broke off");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_may_have_delivered_it() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let address = server(move |stream| {
        let _ = wait.recv();
        drop(stream);
    });
    let error = local(Duration::from_millis(200))
        .send(&get(&format!("http://{address}/")))
        .await;
    let Err(TransportError::MaybeSent(reason)) = error else {
        panic!("{error:?}")
    };
    assert_eq!(reason, "no answer in time");
    drop(done);
}
