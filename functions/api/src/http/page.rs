//! Pages of lists: `?limit=&cursor=` in, `meta.next_cursor` out.

use domain::cursor;
use serde::{Deserialize, Deserializer, Serialize};
use store::PageRequest;
use utoipa::ToSchema;

use super::problem::Problem;

/// How many entries a page has at the most: 1 to 100, 50 when nothing is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(u16);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.parse() {
            Ok(number @ 1..=100) => Ok(Self(number)),
            _ => Err(serde::de::Error::custom(
                "`limit` is a whole number from 1 to 100",
            )),
        }
    }
}

/// Where the page before ended; opaque.
#[derive(Debug, Clone)]
pub(crate) struct Cursor(String);

impl Cursor {
    /// As it was sent.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(serde::de::Error::custom(
                "`cursor` is empty; leave it out for the first page",
            ));
        }
        Ok(Self(text))
    }
}

/// What stands beside every list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Meta {
    /// `cursor` of the next page; `null` on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// The page as the store wants it.
pub(crate) fn request(limit: Option<Limit>, cursor: Option<Cursor>) -> PageRequest {
    PageRequest {
        limit: limit.unwrap_or_default().0,
        cursor: cursor.map(|cursor| cursor.0),
        newest_first: false,
    }
}

/// A page of something that is in memory as a whole, in the order of its keys. A cursor holds the
/// name of its list: one of another list is refused instead of misread.
pub(crate) fn page_of<T>(
    list: &str,
    items: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> String,
    page: &PageRequest,
) -> Result<(Vec<T>, Meta), Problem> {
    let read = |text: &str| {
        let text = cursor::decode(text)?;
        let (of, key) = text.split_once('#')?;
        (of == list).then(|| key.to_owned())
    };
    let after = match page.cursor.as_deref() {
        None => None,
        Some(text) => Some(read(text).ok_or_else(Problem::bad_cursor)?),
    };
    let mut keyed: Vec<(String, T)> = items
        .into_iter()
        .map(|item| (key(&item), item))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
        .collect();
    keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let limit = usize::from(page.limit);
    let more = keyed.len() > limit;
    keyed.truncate(limit);
    let last = keyed
        .last()
        .map(|(key, _)| cursor::encode(&format!("{list}#{key}")));
    let next_cursor = last.filter(|_| more);
    let items = keyed.into_iter().map(|(_, item)| item).collect();
    Ok((items, Meta { next_cursor }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_without_gap_or_repetition() {
        let all: Vec<u32> = (100..107).collect();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = PageRequest {
                limit: 3,
                cursor,
                newest_first: false,
            };
            let of = |list| page_of(list, all.clone(), u32::to_string, &page);
            assert_eq!(of("others").is_err(), page.cursor.is_some());
            let (items, meta) = of("numbers").unwrap();
            seen.extend(items);
            cursor = meta.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
    }
}
