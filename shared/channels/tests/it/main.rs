//! The crate from outside: real payloads in, requests out.

#[cfg(test)]
mod email;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod inbound;
#[cfg(test)]
mod outbound;
#[cfg(test)]
mod outcome;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod sms;
#[cfg(test)]
mod templates;
#[cfg(test)]
mod voice;
