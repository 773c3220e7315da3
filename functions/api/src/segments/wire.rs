//! A segment as JSON.

use chrono::{DateTime, Utc};
use domain::field::FieldError;
use domain::ids::SegmentId;
use domain::segment::{Filter, Segment, SegmentDraft, check};
use domain::settings::Locale;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::{Meta, Problem};
use crate::schema;

/// A saved filter over customers.
#[derive(Serialize, ToSchema)]
#[schema(as = Segment)]
pub(crate) struct SegmentOut {
    #[schema(value_type = schema::SegmentId)]
    id: SegmentId,
    /// Also in `ETag`.
    version: u64,
    name: String,
    #[schema(value_type = schema::SegmentFilter)]
    filter: Filter,
    /// The filter in plain language.
    explanation: String,
    created_at: DateTime<Utc>,
}

/// A page of segments.
#[derive(Serialize, ToSchema)]
pub(crate) struct SegmentList {
    pub(super) segments: Vec<SegmentOut>,
    pub(super) meta: Meta,
}

/// A new segment.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentIn {
    #[schema(
        min_length = 1,
        max_length = 100,
        example = "Regulars without an appointment"
    )]
    name: String,
    #[schema(value_type = schema::SegmentFilter)]
    filter: Filter,
}

/// A change of a segment; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentPatch {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(value_type = Option<schema::SegmentFilter>)]
    filter: Option<Filter>,
}

/// A filter that is not saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterIn {
    #[schema(value_type = schema::SegmentFilter)]
    filter: Filter,
}

impl SegmentOut {
    pub(super) fn new(segment: Segment, locale: Locale) -> Self {
        Self {
            id: segment.id,
            version: segment.version,
            name: segment.name,
            explanation: segment.filter.explain(locale),
            filter: segment.filter,
            created_at: segment.created_at,
        }
    }
}

impl SegmentIn {
    pub(super) fn checked(self) -> Result<(String, Filter), Problem> {
        checked(SegmentDraft {
            name: Some(self.name),
            filter: self.filter,
        })
    }
}

impl SegmentPatch {
    pub(super) fn applied(self, segment: Segment) -> Result<Segment, Problem> {
        let (name, filter) = checked(SegmentDraft {
            name: Some(self.name.unwrap_or(segment.name)),
            filter: self.filter.unwrap_or(segment.filter),
        })?;
        Ok(Segment {
            name,
            filter,
            ..segment
        })
    }
}

impl FilterIn {
    pub(super) fn checked(self) -> Result<Filter, Problem> {
        let draft = SegmentDraft {
            // Whatever it is going to be called.
            name: Some("-".to_owned()),
            filter: self.filter,
        };
        checked(draft).map(|(_, filter)| filter)
    }
}

fn checked(draft: SegmentDraft) -> Result<(String, Filter), Problem> {
    let (name, filter) = check(&draft).map_err(Problem::invalid)?;
    // Saved today, such a segment would hold nobody and look as if that were so.
    if filter.needs().activity {
        return Err(Problem::invalid(vec![FieldError::new(
            "filter",
            "not_recorded",
            "activities are not recorded by this version, so nobody would ever fulfil the condition",
            "keep it as a tag or a field of the customer, and filter by that",
        )]));
    }
    Ok((name, filter))
}
