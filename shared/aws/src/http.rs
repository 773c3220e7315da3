//! Outgoing HTTPS. Addresses come from customers and tenants, so every connection goes to an
//! address that was checked after the name was resolved: the resolver only ever returns public
//! ones, and what it returns is what is connected to.

mod address;

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use app::ports::{Http, HttpResponse};
use async_trait::async_trait;
use channels::{HttpRequest, Method, TransportError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

pub use address::is_public;

const CONNECT: Duration = Duration::from_secs(3);
const MAX_BODY_BYTES: usize = 1_048_576;

/// The [`Http`] port on the network.
#[derive(Debug, Clone)]
pub struct ReqwestHttp {
    client: Client,
    reach: Reach,
}

/// Whom a request may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    PublicAndLoopback,
}

impl Reach {
    fn allows(self, address: IpAddr) -> bool {
        is_public(address)
            || (self == Self::PublicAndLoopback && address.to_canonical().is_loopback())
    }
}

impl ReqwestHttp {
    /// Https to public addresses only: for everything deployed. An answer may take `total`.
    pub fn public(total: Duration) -> Result<Self, reqwest::Error> {
        Self::new(total, Reach::Public)
    }

    /// The same, and plain http to this machine besides: for the local binary only.
    pub fn public_and_loopback(total: Duration) -> Result<Self, reqwest::Error> {
        Self::new(total, Reach::PublicAndLoopback)
    }

    fn new(total: Duration, reach: Reach) -> Result<Self, reqwest::Error> {
        let lookup = Arc::new(system);
        Self::asking(total, CheckedDns { reach, lookup })
    }

    fn asking(total: Duration, dns: CheckedDns) -> Result<Self, reqwest::Error> {
        let reach = dns.reach;
        let client = Client::builder()
            .redirect(Policy::none())
            // A proxy would resolve the name itself.
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(total)
            .dns_resolver(Arc::new(dns))
            .build()?;
        Ok(Self { client, reach })
    }

    /// What the resolver never sees: the scheme, and addresses written as numbers.
    fn check(&self, url: &str) -> Result<Url, TransportError> {
        let refused = |reason: &str| TransportError::NotSent(reason.to_owned());
        let url = Url::parse(url).map_err(|_| refused("the address is not a URL"))?;
        let literal = url.host_str().unwrap_or_default();
        let literal = literal
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>()
            .ok();
        if literal.is_some_and(|address| !self.reach.allows(address)) {
            return Err(refused("the address is not public"));
        }
        let to_loopback = match literal {
            Some(address) => address.to_canonical().is_loopback(),
            None => url.host_str() == Some("localhost"),
        };
        match url.scheme() {
            "https" => Ok(url),
            "http" if to_loopback && self.reach == Reach::PublicAndLoopback => Ok(url),
            _ => Err(refused("the address is not https")),
        }
    }
}

#[async_trait]
impl Http for ReqwestHttp {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, TransportError> {
        let url = self.check(&request.url)?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut outgoing = self.client.request(method, url).body(request.body.clone());
        for (name, value) in &request.headers {
            outgoing = outgoing.header(name, value);
        }
        let mut response = outgoing.send().await.map_err(classify)?;
        let retry_after = response.headers().get(reqwest::header::RETRY_AFTER);
        let retry_after = retry_after
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        // An answer that breaks off is no answer: what it said about the message is unknown.
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            let room = MAX_BODY_BYTES - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == MAX_BODY_BYTES {
                break;
            }
        }
        Ok(HttpResponse {
            status: response.status().as_u16(),
            retry_after,
            body,
        })
    }
}

/// `NotSent` only where it is certain: the request could not be built, or no connection (name,
/// TCP, TLS) came about. Everything later may have delivered the body.
fn classify(error: reqwest::Error) -> TransportError {
    let reason = reason(&error);
    if error.is_builder() || error.is_connect() {
        TransportError::NotSent(reason)
    } else {
        TransportError::MaybeSent(reason)
    }
}

/// Never the URL, which may carry a token, and not the source, which may name a host.
fn reason(error: &reqwest::Error) -> String {
    let text = match (error.is_connect(), error.is_timeout()) {
        (true, true) => "no connection in time",
        (true, false) => "no connection",
        (false, true) => "no answer in time",
        (false, false) if error.is_builder() => "the request is invalid",
        (false, false) => "the connection broke off",
    };
    text.to_owned()
}

type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>>;

fn system(name: String) -> Found {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

/// Asks anew for every connection, and lets nothing through that may not be reached.
struct CheckedDns {
    reach: Reach,
    lookup: Arc<dyn Fn(String) -> Found + Send + Sync>,
}

impl Resolve for CheckedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let mut allowed = found.await?;
            allowed.retain(|address| reach.allows(address.ip()));
            if allowed.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
