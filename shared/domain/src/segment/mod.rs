//! Segments: saved filters over customers, by name (MO-09, MO-10, MO-32), and the views of the inbox.
//!
//! A filter is a closed tree. It is evaluated over a [`Subject`], which the caller puts together; what
//! is true is a function of that and of `now`. Days are calendar days of the business.

mod explain;
mod filter;
pub mod inbox;
mod subject;
#[cfg(test)]
mod tests;

pub use filter::{
    AppointmentTest, CONDITIONS, DAYS, DEPTH, FieldTest, Filter, NAME_LIMIT, Needs, Reachable,
    Segment, SegmentDraft, Standing, TEXT_LIMIT, check,
};
pub use subject::{Activity, Subject, Thread, matches};

use crate::ids::SegmentId;

/// The segments in the order in which one user sees them: first as they dragged them, then those
/// they have not placed, oldest first. What was deleted is left out.
#[must_use]
pub fn in_order(existing: &[SegmentId], dragged: &[SegmentId]) -> Vec<SegmentId> {
    let mut order: Vec<SegmentId> = Vec::new();
    for id in dragged.iter().filter(|id| existing.contains(id)) {
        if !order.contains(id) {
            order.push(*id);
        }
    }
    let rest = existing.iter().filter(|id| !dragged.contains(id));
    order.extend(rest);
    order
}
