//! What a kind of service is usually repeated after: editable data with defaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::field::FieldError;
use crate::settings::Locale;

/// Longest name of a category, in characters.
pub const CATEGORY_MAX: usize = 100;
/// Longest pattern, in days: two years.
pub const PATTERN_DAYS_MAX: u32 = 730;
/// Where nothing is known of a category.
pub const UNKNOWN_DAYS: u32 = 42;
/// Gaps beyond this many days say nothing about a category.
pub const SHOP_GAP_MAX: u32 = 365;
/// The default counts as much as so many customers.
const DEFAULT_WEIGHT: f64 = 10.0;

/// A category of services, as the owner calls it: `mens_cut`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Category(String);

/// The text names no category.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no category; write 1 to {CATEGORY_MAX} characters without line breaks")]
pub struct CategoryError;

impl Category {
    /// The only way in. Spaces around it are dropped.
    pub fn parse(text: &str) -> Result<Self, CategoryError> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= CATEGORY_MAX;
        if fits && !text.chars().any(char::is_control) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CategoryError)
        }
    }

    /// Where none was told.
    #[must_use]
    pub fn unknown() -> Self {
        Self("unknown".to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Category {
    type Error = CategoryError;

    fn try_from(text: String) -> Result<Self, CategoryError> {
        Self::parse(&text)
    }
}

impl From<Category> for String {
    fn from(category: Category) -> Self {
        category.0
    }
}

/// Where the days of a pattern come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Agrees with what was measured in two real shops.
    Measured,
    /// Trade press: plausible, not measured.
    TradePress,
    /// The owner set it.
    Owner,
}

/// What one category is usually repeated after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryPattern {
    /// The category.
    pub category: Category,
    /// Its name in German, for people.
    pub german: String,
    /// Its name in English.
    pub english: String,
    /// Days from one visit to the next, 1 to 730.
    pub days: u32,
    /// Where they come from.
    pub source: Source,
}

/// The patterns of a workspace. Categories that are not listed take [`UNKNOWN_DAYS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<CategoryPattern>", into = "Vec<CategoryPattern>")]
pub struct Patterns(BTreeMap<Category, CategoryPattern>);

/// A pattern is outside its limits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has a pattern of {1} days; write 1 to {PATTERN_DAYS_MAX}")]
pub struct PatternsError(String, u32);

/// Defaults: key, German, English, days, source.
const DEFAULTS: [(&str, &str, &str, u32, Source); 17] = {
    use Source::{Measured, TradePress};
    [
        ("mens_cut", "Herrenschnitt", "men's cut", 35, Measured),
        ("womens_cut", "Damenschnitt", "women's cut", 56, Measured),
        (
            "kids_cut",
            "Kinderschnitt",
            "children's cut",
            49,
            TradePress,
        ),
        ("colour_roots", "Ansatzfarbe", "colour roots", 35, Measured),
        (
            "full_colour",
            "Komplettfarbe",
            "full colour",
            56,
            TradePress,
        ),
        (
            "highlights",
            "Strähnen, Balayage",
            "highlights, balayage",
            70,
            Measured,
        ),
        ("blowdry", "Föhnen", "blow-dry", 14, TradePress),
        (
            "gel_nails",
            "Gel- und Acrylnägel",
            "gel, acrylic nails",
            21,
            TradePress,
        ),
        ("pedicure", "Pediküre", "pedicure", 35, TradePress),
        ("brows", "Augenbrauen", "brows", 28, TradePress),
        ("lashes", "Wimpern auffüllen", "lash refill", 21, TradePress),
        ("waxing", "Waxing", "waxing", 30, TradePress),
        ("facial", "Gesichtsbehandlung", "facial", 35, TradePress),
        ("massage", "Massage", "massage", 35, TradePress),
        (
            "dental_hygiene",
            "Zahnreinigung",
            "dental hygiene",
            182,
            TradePress,
        ),
        ("pet_grooming", "Hundesalon", "pet grooming", 49, TradePress),
        ("unknown", "unbekannt", "unknown", UNKNOWN_DAYS, TradePress),
    ]
};

impl Default for Patterns {
    fn default() -> Self {
        let pattern = |&(key, german, english, days, source): &(&str, &str, &str, u32, Source)| {
            let category = Category(key.to_owned());
            let pattern = CategoryPattern {
                category: category.clone(),
                german: german.to_owned(),
                english: english.to_owned(),
                days,
                source,
            };
            (category, pattern)
        };
        Self(DEFAULTS.iter().map(pattern).collect())
    }
}

impl Patterns {
    /// All of them, by category.
    pub fn iter(&self) -> impl Iterator<Item = &CategoryPattern> {
        self.0.values()
    }

    /// The pattern under this key, or under this name in either language, however it is
    /// capitalised.
    #[must_use]
    pub fn find(&self, category: &Category) -> Option<&CategoryPattern> {
        self.0.get(category).or_else(|| {
            let wanted = category.as_str().to_lowercase();
            self.0.values().find(|pattern| {
                [pattern.category.as_str(), &pattern.german, &pattern.english]
                    .iter()
                    .any(|name| name.to_lowercase() == wanted)
            })
        })
    }

    /// Days from one visit to the next, by default.
    #[must_use]
    pub fn days(&self, category: &Category) -> u32 {
        self.find(category)
            .map_or(UNKNOWN_DAYS, |pattern| pattern.days)
    }

    /// What people call it.
    #[must_use]
    pub fn name<'a>(&'a self, category: &'a Category, locale: Locale) -> &'a str {
        match (self.find(category), locale) {
            (Some(pattern), Locale::De) => &pattern.german,
            (Some(pattern), Locale::En) => &pattern.english,
            (None, _) => category.as_str(),
        }
    }

    /// The owner's own pattern for a category, new or instead of the one before.
    pub fn set(&mut self, category: Category, days: u32) -> Result<(), FieldError> {
        check_days(&category, days).map_err(|error| {
            FieldError::new(
                "days",
                "out_of_range",
                error.to_string(),
                "Write after how many days customers usually come back.",
            )
        })?;
        match self.find(&category).map(|found| found.category.clone()) {
            Some(key) => {
                if let Some(pattern) = self.0.get_mut(&key) {
                    pattern.days = days;
                    pattern.source = Source::Owner;
                }
            }
            None => {
                let pattern = CategoryPattern {
                    category: category.clone(),
                    german: category.as_str().to_owned(),
                    english: category.as_str().to_owned(),
                    days,
                    source: Source::Owner,
                };
                self.0.insert(category, pattern);
            }
        }
        Ok(())
    }
}

fn check_days(category: &Category, days: u32) -> Result<(), PatternsError> {
    if (1..=PATTERN_DAYS_MAX).contains(&days) {
        Ok(())
    } else {
        Err(PatternsError(category.as_str().to_owned(), days))
    }
}

impl TryFrom<Vec<CategoryPattern>> for Patterns {
    type Error = PatternsError;

    fn try_from(patterns: Vec<CategoryPattern>) -> Result<Self, PatternsError> {
        let mut found = BTreeMap::new();
        for pattern in patterns {
            check_days(&pattern.category, pattern.days)?;
            found.insert(pattern.category.clone(), pattern);
        }
        Ok(Self(found))
    }
}

impl From<Patterns> for Vec<CategoryPattern> {
    fn from(patterns: Patterns) -> Self {
        patterns.0.into_values().collect()
    }
}

/// The typical gap of a category in one shop.
#[derive(Clone, Debug, PartialEq)]
pub struct CategoryRhythm {
    /// The category.
    pub category: Category,
    /// Days from one visit to the next, typically.
    pub days: f64,
    /// How many customers of the shop it rests on, besides the default.
    pub customers: u32,
}

impl CategoryRhythm {
    /// From the default alone: a shop without a history.
    #[must_use]
    pub fn default_of(category: &Category, patterns: &Patterns) -> Self {
        Self::blended(category, patterns.days(category), &mut [])
    }

    /// The default blended with the shop's own customers, one vote each: the median of their
    /// [own gaps](own_median) in this category. A young shop sees short gaps first; the default
    /// holds against that.
    #[must_use]
    pub fn blended(category: &Category, default_days: u32, medians: &mut [f64]) -> Self {
        Self {
            category: category.clone(),
            days: blended_days(default_days, medians),
            customers: u32::try_from(medians.len()).unwrap_or(u32::MAX),
        }
    }
}

/// The days of [`CategoryRhythm::blended`].
#[must_use]
pub fn blended_days(default_days: u32, medians: &mut [f64]) -> f64 {
    let default = f64::from(default_days.max(1)).ln();
    let shop = median(medians).map_or(default, f64::ln);
    let n = medians.len() as f64;
    ((n * shop + DEFAULT_WEIGHT * default) / (n + DEFAULT_WEIGHT)).exp()
}

/// The vote of one customer in one category: the median of the gaps in days, those of more than
/// a year left out. `None` without a gap.
#[must_use]
pub fn own_median(gaps: impl IntoIterator<Item = u32>) -> Option<f64> {
    let mut gaps: Vec<f64> = gaps
        .into_iter()
        .filter(|gap| (1..=SHOP_GAP_MAX).contains(gap))
        .map(f64::from)
        .collect();
    median(&mut gaps)
}

/// The middle, or the mean of the two in the middle. Reorders what it is given.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(text: &str) -> Category {
        Category::parse(text).unwrap()
    }

    #[test]
    fn ph_11_each_category_has_its_own_pattern_which_the_owner_may_change() {
        let mut patterns = Patterns::default();
        assert_eq!(patterns.days(&category("mens_cut")), 35);
        assert_eq!(patterns.days(&category("DAMENSCHNITT")), 56);
        assert_eq!(patterns.days(&category("gel, acrylic nails")), 21);
        assert_eq!(patterns.days(&category("Tattoo")), 42);
        patterns.set(category("Herrenschnitt"), 28).unwrap();
        patterns.set(category("Tattoo"), 120).unwrap();
        assert_eq!(patterns.days(&category("mens_cut")), 28);
        assert_eq!(patterns.days(&category("tattoo")), 120);
        for wrong in [0, 731] {
            let error = patterns.set(category("Tattoo"), wrong).unwrap_err();
            assert_eq!(error.field, "days");
        }
    }

    #[test]
    fn patterns_survive_json_and_wrong_ones_are_refused() {
        let patterns = Patterns::default();
        let json = serde_json::to_string(&patterns).unwrap();
        assert_eq!(serde_json::from_str::<Patterns>(&json).unwrap(), patterns);
        let wrong = json.replace("\"days\":182", "\"days\":0");
        assert!(serde_json::from_str::<Patterns>(&wrong).is_err());
        assert!(Category::parse(" \n ").is_err());
        assert!(Category::parse(&"x".repeat(101)).is_err());
    }

    #[test]
    fn a_young_shop_follows_the_default_and_an_old_one_itself() {
        let days = |customers: usize| blended_days(35, &mut vec![21.0; customers]);
        assert!((days(0) - 35.0).abs() < 1e-9);
        assert!((days(10) - (35.0f64 * 21.0).sqrt()).abs() < 1e-9);
        assert!((days(10_000) - 21.0).abs() < 0.1);
        assert_eq!(own_median([400, 0]), None);
        assert_eq!(own_median([30, 500, 40]), Some(35.0));
    }
}
