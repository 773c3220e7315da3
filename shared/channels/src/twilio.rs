//! A provider that speaks Twilio's API: SMS, and telephone calls answered by `TwiML`.

pub mod inbound;
pub mod outbound;
pub mod outcome;
pub mod twiml;
pub mod verify;
pub mod voice;
