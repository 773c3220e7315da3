//! A prediction in words, in German and English.

use super::category::Patterns;
use super::predict::{Basis, Prediction};
use crate::settings::Locale;

pub(super) fn explain(found: &Prediction, patterns: &Patterns, locale: Locale) -> String {
    let (spread, risk) = (found.spread_percent, found.at_risk_day());
    let at_risk = found.at_risk;
    match (&found.basis, locale) {
        (Basis::Own { last_gaps, .. }, Locale::De) => format!(
            "Kommt meist alle {} Tage ({}: {}); übliche Abweichung {spread} %. Überfällig ab Tag {risk} nach dem letzten Besuch ({at_risk}).{}",
            found.typical_days,
            match last_gaps.len() {
                2 => "die letzten beiden",
                _ => "die letzten drei",
            },
            list(last_gaps),
            if found.irregular() {
                " Kommt unregelmäßig: die Erinnerung kann zu früh sein."
            } else {
                ""
            },
        ),
        (Basis::Own { last_gaps, .. }, Locale::En) => format!(
            "Usually every {} days ({}: {}); normal variation {spread} %. Overdue from day {risk} after the last visit ({at_risk}).{}",
            found.typical_days,
            match last_gaps.len() {
                2 => "last two",
                _ => "last three",
            },
            list(last_gaps),
            if found.irregular() {
                " Comes irregularly: the reminder may be too early."
            } else {
                ""
            },
        ),
        (Basis::Category { category, days }, Locale::De) => format!(
            "Erst {}: es gilt, was in der Kategorie üblich ist ({}: alle {days} Tage). Überfällig ab Tag {risk} nach dem letzten Besuch ({at_risk}). Nach ein oder zwei Besuchen ist keine Vorhersage genau.",
            match found.visits {
                1 => "ein Besuch",
                _ => "zwei Besuche",
            },
            patterns.name(category, locale),
        ),
        (Basis::Category { category, days }, Locale::En) => format!(
            "Only {} yet: what is usual in the category counts ({}: every {days} days). Overdue from day {risk} after the last visit ({at_risk}). After one or two visits no prediction is accurate.",
            match found.visits {
                1 => "one visit",
                _ => "two visits",
            },
            patterns.name(category, locale),
        ),
    }
}

fn list(gaps: &[u32]) -> String {
    let gaps: Vec<String> = gaps.iter().map(u32::to_string).collect();
    gaps.join(", ")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use chrono::{Days, NaiveDate};

    use super::*;
    use crate::rebooking::category::{Category, CategoryRhythm};
    use crate::rebooking::predict::{History, Settings, predict};

    #[test]
    fn every_prediction_has_its_reason_in_both_languages() {
        let patterns = Patterns::default();
        let mut text = String::new();
        for gaps in [
            &[][..],
            &[28],
            &[33, 36],
            &[34, 33, 36, 34],
            &[3, 200, 9, 150, 2, 300],
        ] {
            let mut day: NaiveDate = "2026-01-05".parse().unwrap();
            let mut days = vec![day];
            for gap in gaps {
                day = day + Days::new(*gap);
                days.push(day);
            }
            let category = Category::parse("gel_nails").unwrap();
            let category = CategoryRhythm::default_of(&category, &patterns);
            let settings = Settings::default();
            let found = predict(&History::new(days), &category, &settings, day).unwrap();
            let _ = writeln!(text, "{gaps:?}");
            for locale in [Locale::De, Locale::En] {
                let _ = writeln!(text, "  {}", found.explain(&patterns, locale));
            }
        }
        insta::assert_snapshot!(text);
    }
}
