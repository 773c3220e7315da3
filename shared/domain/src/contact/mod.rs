//! What is known of a customer besides their chats: addresses, tags, fields, places, people.
//!
//! National phone numbers are not read here. That needs the metadata of libphonenumber, and the
//! crate for it (`phonenumber`) brings two regular-expression engines, nom and a megabyte of tables;
//! everything builds on this crate, and only the admin API and the import read such numbers. They
//! hand a function in.

mod draft;
mod duplicate;
mod email;
pub mod import;
mod profile;

pub use draft::{ContactDraft, ProfileDraft, Reference};
pub use duplicate::{Key, keys};
pub use email::{EmailAddress, EmailError};
pub use profile::{
    ADDRESSES, Conflict, ContactKind, CustomValue, FieldName, Labelled, NameError, Profile, Tag,
};
