//! The report as text.

use std::fmt::Write as _;

use super::figures::{Figures, Verdict};
use super::timing::TimingFigures;
use super::{Calibration, Report};
use crate::rebooking::due::DayChoice;
use crate::rebooking::interval::{Interval, wilson};

/// What a choice is called in tables.
pub(super) fn choice(choice: DayChoice) -> &'static str {
    match choice {
        DayChoice::OneDayAfter => "1 day after",
        DayChoice::TwoDaysAfter => "2 days after",
        DayChoice::ThreeDaysAfter => "3 days after",
        DayChoice::Predicted => "predicted",
    }
}

/// The tables, in English.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    let plan = &report.plan;
    let _ = writeln!(
        text,
        "{} customers with {} visits; tested: visits from {} to {}, each followed for {} days\n",
        report.customers, report.visits, plan.from, plan.to, plan.follow_up_days,
    );
    errors(report, &mut text);
    comparison(report, &mut text);
    by_visits(report, &mut text);
    timing(report, &mut text);
    calibration(&report.calibration, &mut text);
    text
}

fn errors(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        "{:<30} {:>7} {:>9} {:>10} {:>14} {:>11} {:>22}",
        "next visit, 3 or more visits",
        "n",
        "MAE days",
        "median AE",
        "within 7 days",
        "MAE of log",
        "pinball at 80 % (log)",
    );
    for (method, figures) in &report.figures {
        let Figures {
            count,
            mean_error_days,
            median_error_days,
            within_7_days,
            log_error,
            pinball_80,
            ..
        } = figures;
        let name = method.word();
        let _ = match count {
            0 => writeln!(text, "{name:<30} {count:>7} {:>9}", "-"),
            _ => writeln!(
                text,
                "{name:<30} {count:>7} {mean_error_days:>9.1} {median_error_days:>10.1} {:>12.0} % {log_error:>11.3} {pinball_80:>22.4}",
                within_7_days * 100.0,
            ),
        };
    }
}

fn comparison(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        "\n{:<30} {:>28} {:>28}  verdict",
        "the formula against", "MAE days (95 %)", "MAE of log (95 %)",
    );
    for change in &report.changes {
        let shown = |percent: f64, range: Option<Interval>| match range {
            Some(Interval { low, high }) => {
                format!("{percent:+.1} % ({low:+.1} to {high:+.1})")
            }
            None if report.tested_customers == 0 => "-".to_owned(),
            None => format!("{percent:+.1} %"),
        };
        let verdict = match change.verdict {
            Verdict::TooLittleData => "no verdict: too little data",
            Verdict::NotProven => "no difference proven",
            Verdict::Better => "better",
            Verdict::Worse => "worse",
        };
        let _ = writeln!(
            text,
            "{:<30} {:>28} {:>28}  {verdict}",
            change.against.word(),
            shown(change.days_percent, change.days_range),
            shown(change.log_percent, change.log_range),
        );
    }
}

fn by_visits(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        "\n{:<30} {:>7} {:>18} {:>18} {:>20}",
        "by the number of visits",
        "n",
        "formula MAE days",
        "formula median AE",
        "mean gap MAE days",
    );
    for group in &report.by_visits {
        let name = match group.to {
            Some(to) => format!("{} to {to} visits", group.from),
            None => format!("{} visits or more", group.from),
        };
        let shown = |figures: &Figures, number: f64| match figures.count {
            0 => "-".to_owned(),
            _ => format!("{number:.1}"),
        };
        let formula = &group.formula;
        let _ = writeln!(
            text,
            "{name:<30} {:>7} {:>18} {:>18} {:>20}",
            formula.count,
            shown(formula, formula.mean_error_days),
            shown(formula, formula.median_error_days),
            group.mean_gap.map_or_else(
                || "-".to_owned(),
                |figures| shown(&figures, figures.mean_error_days),
            ),
        );
    }
}

fn timing(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        "\n{:<30} {:>8} {:>17} {:>10} {:>11} {:>14} {:>16} {:>12}",
        "a reminder",
        "messages",
        "in time (95 %)",
        "too early",
        "never came",
        "per 100 visits",
        "too late, unsent",
        "days before",
    );
    for (when, figures) in &report.timing {
        let TimingFigures {
            cycles,
            sent,
            in_time,
            too_early,
            never_came,
            came_first,
            median_lead_days,
        } = *figures;
        let _ = writeln!(
            text,
            "{:<30} {sent:>8} {:>17} {:>10} {:>11} {:>14.0} {came_first:>16} {median_lead_days:>12}",
            choice(*when),
            ranged(in_time, sent),
            percent(too_early, sent),
            percent(never_came, sent),
            100.0 * sent as f64 / cycles.max(1) as f64,
        );
    }
    let _ = writeln!(
        text,
        "In time: the own visit follows within 14 days. Too late: the customer was there first. \
         Days before: median from message to visit."
    );
}

fn calibration(found: &Calibration, text: &mut String) {
    let _ = writeln!(
        text,
        "\nHad come before they were overdue: {} of those who came back, {} of all.",
        ranged(found.before_at_risk, found.returned),
        ranged(found.before_at_risk, found.cycles),
    );
}

fn percent(part: u64, of: u64) -> String {
    match of {
        0 => "-".to_owned(),
        _ => format!("{:.0} %", 100.0 * part as f64 / of as f64),
    }
}

/// A share with the range that holds it with 95 % certainty.
fn ranged(part: u64, of: u64) -> String {
    let Interval { low, high } = wilson(part, of);
    match of {
        0 => "-".to_owned(),
        _ => format!(
            "{} ({:.0}-{:.0})",
            percent(part, of),
            low * 100.0,
            high * 100.0
        ),
    }
}
