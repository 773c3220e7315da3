//! What each reading speaks for, learned from labelled conversations by
//! `cargo run -p ai --example learn` and kept in `weights.tsv`: a logistic model over named readings.
//! Hundredths, so that every machine adds them up alike.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// What to do with a silent conversation under a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    Neither,
    Stop,
    FollowUp,
}

impl Course {
    pub const ALL: [Course; 3] = [Course::Neither, Course::Stop, Course::FollowUp];
}

/// What a reading speaks for, in hundredths, in the order of `Course::ALL`.
pub type Weight = [i32; 3];

/// Weights by the names of readings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weights(HashMap<String, Weight>);

impl FromIterator<(String, Weight)> for Weights {
    fn from_iter<I: IntoIterator<Item = (String, Weight)>>(weights: I) -> Weights {
        Weights(weights.into_iter().collect())
    }
}

impl Weights {
    /// The committed ones.
    pub fn learned() -> &'static Weights {
        static LEARNED: LazyLock<Weights> =
            LazyLock::new(|| Weights::parse(include_str!("weights.tsv")));
        &LEARNED
    }

    /// One reading a line, its name and three numbers; `#` begins a comment.
    fn parse(table: &str) -> Weights {
        table.lines().filter_map(parse_line).collect()
    }

    /// As `weights.tsv` has it.
    pub fn render(&self) -> String {
        let mut lines: Vec<_> = self.0.iter().collect();
        lines.sort_unstable();
        let mut table = "# reading\tneither\tstop\tfollow up\n".to_owned();
        for (name, [neither, stop, follow_up]) in lines {
            let _ = writeln!(table, "{name}\t{neither}\t{stop}\t{follow_up}");
        }
        table
    }

    /// How much the readings together speak for each course.
    pub(super) fn sum(&self, readings: &[String]) -> Weight {
        let known = readings.iter().filter_map(|name| self.0.get(name));
        known.fold([0; 3], |[a, b, c], [x, y, z]| [a + x, b + y, c + z])
    }

    /// The readings that speak most for a course, above what they say for the others.
    pub(super) fn strongest<'a>(&self, readings: &'a [String], course: Course) -> Vec<&'a str> {
        let mut lifts: Vec<(i32, &str)> = readings
            .iter()
            .filter_map(|name| {
                let weight = self.0.get(name)?;
                let lift = 3 * weight[course as usize] - weight.iter().sum::<i32>();
                (lift > 0).then_some((-lift, name.as_str()))
            })
            .collect();
        lifts.sort_unstable();
        lifts.into_iter().map(|(_, name)| name).collect()
    }
}

fn parse_line(line: &str) -> Option<(String, Weight)> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let mut number = || fields.next()?.parse().ok();
    Some((name.to_owned(), [number()?, number()?, number()?]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::DateTime;

    use super::*;
    use crate::builtin::readings_of;
    use crate::score;

    #[test]
    fn the_table_is_read_as_it_is_written() {
        let table = include_str!("weights.tsv");
        assert_eq!(Weights::learned().render(), table);
        assert!(table.lines().count() > 100, "{table}");
    }

    /// A reading under a new name would lose what was learned of it without a word.
    #[test]
    fn every_weight_is_that_of_a_reading() {
        let learned_from = [
            include_str!("../../../../tests/judgement/dev.jsonl"),
            include_str!("../../../../tests/judgement/practice/1.jsonl"),
            include_str!("../../../../tests/judgement/practice/2.jsonl"),
            include_str!("../../../../tests/judgement/practice/3.jsonl"),
            include_str!("../../../../tests/judgement/practice/4.jsonl"),
            include_str!("../../../../tests/judgement/practice/5.jsonl"),
        ];
        let cases = learned_from.map(|set| score::parse_cases(set).unwrap());
        let read: HashSet<String> = cases
            .iter()
            .flatten()
            .filter_map(|case| readings_of(&case.transcript(DateTime::UNIX_EPOCH), &case.rule()))
            .flatten()
            .collect();
        let weights = Weights::learned().0.keys();
        let unread: Vec<_> = weights.filter(|name| !read.contains(*name)).collect();
        assert!(unread.is_empty(), "{unread:?}");
    }
}
