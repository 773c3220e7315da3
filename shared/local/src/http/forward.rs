//! To a server on this machine: a stand-in somebody wrote, or a model that runs here. Plain HTTP
//! to loopback and nothing else, which is why this client needs no TLS.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use app::ports::{Http, HttpResponse};
use async_trait::async_trait;
use channels::{HttpRequest, TransportError};

const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(30);
const MAX_BODY_BYTES: usize = 1_048_576;

/// Why requests cannot be sent on.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// Only this machine.
    #[error("`{0}` is not an http address on 127.0.0.1, [::1] or localhost")]
    NotLoopback(String),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
}

/// An [`Http`] that reaches this machine only.
pub struct Loopback(reqwest::Client);

impl Loopback {
    /// A client with time-outs, without redirects and without a proxy.
    pub fn new() -> Result<Self, ForwardError> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .build()
            .map(Self)
            .map_err(ForwardError::Client)
    }
}

#[async_trait]
impl Http for Loopback {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        check(&request.url).map_err(|error| TransportError::NotSent(error.to_string()))?;
        let method = match request.method {
            channels::Method::Get => reqwest::Method::GET,
            channels::Method::Post => reqwest::Method::POST,
        };
        let mut outgoing = self
            .0
            .request(method, &request.url)
            .body(request.body.clone());
        for (name, value) in &request.headers {
            outgoing = outgoing.header(name, value);
        }
        let mut response = outgoing.send().await.map_err(classify)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            let room = MAX_BODY_BYTES - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == MAX_BODY_BYTES {
                break;
            }
        }
        Ok(HttpResponse {
            status,
            retry_after,
            body,
        })
    }
}

fn classify(error: reqwest::Error) -> TransportError {
    // The address may carry a bot's token.
    let error = error.without_url();
    if error.is_builder() || error.is_connect() {
        TransportError::NotSent(error.to_string())
    } else {
        TransportError::MaybeSent(error.to_string())
    }
}

/// The request as it goes to the server that stands in for its host, if one does.
pub(super) fn target<'a>(
    forwards: &'a HashMap<String, (String, Arc<dyn Http>)>,
    request: &HttpRequest,
) -> Option<(HttpRequest, &'a Arc<dyn Http>)> {
    let after_scheme = request
        .url
        .split_once("://")
        .map_or(request.url.as_str(), |(_, rest)| rest);
    let end = after_scheme.find(['/', '?']).unwrap_or(after_scheme.len());
    // With the port: two of them may be on this machine.
    let (host, path) = after_scheme.split_at(end);
    let (base, http) = forwards.get(&host.to_ascii_lowercase())?;
    Some((
        HttpRequest {
            url: format!("{base}{path}"),
            ..request.clone()
        },
        http,
    ))
}

pub(super) fn check(url: &str) -> Result<(), ForwardError> {
    let refused =
        || ForwardError::NotLoopback(url.split(['?', '#']).next().unwrap_or_default().to_owned());
    let parsed = reqwest::Url::parse(url).map_err(|_| refused())?;
    let host = parsed.host_str().unwrap_or_default();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if parsed.scheme() == "http" && is_here {
        Ok(())
    } else {
        Err(refused())
    }
}
