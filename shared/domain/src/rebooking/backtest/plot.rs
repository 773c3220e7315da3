//! The report as a picture: SVG for a page, characters for a terminal.

use std::fmt::Write as _;

use super::figures::WITHIN_DAYS;
use super::table::choice;
use super::timing::TimingFigures;
use super::{Method, Report};

const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 240.0;
const TOP: f64 = 50.0;
const LEFT: f64 = 60.0;
const RIGHT_PANEL: f64 = 600.0;

/// What becomes of the visits after which a reminder could be due, with colours that differ in
/// brightness, too.
const PARTS: [(&str, &str, char); 4] = [
    ("in time", "#1b7837", '#'),
    ("too early", "#f4a582", '-'),
    ("never came", "#2166ac", 'x'),
    ("too late, unsent", "#d9d9d9", '.'),
];

fn parts(figures: &TimingFigures) -> [f64; 4] {
    let of = |part: u64| part as f64 / figures.cycles.max(1) as f64;
    [
        of(figures.in_time),
        of(figures.too_early),
        of(figures.never_came),
        of(figures.came_first),
    ]
}

fn color(method: Method) -> &'static str {
    match method {
        Method::MeanGap => "#b2182b",
        Method::LastGap => "#999999",
        Method::MedianGap => "#e08214",
        Method::Formula => "#1b7837",
    }
}

/// A picture that stands alone: how many predictions were how close, and what the reminders of
/// each choice would have been worth.
#[must_use]
pub fn svg(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1060 380" font-family="sans-serif" font-size="12">
<title>Rebooking backtest, {} to {}</title>
<rect width="1060" height="380" fill="#ffffff"/>"##,
        report.plan.from, report.plan.to,
    );
    curves(report, &mut text);
    bars(report, &mut text);
    text.push_str("</svg>\n");
    text
}

fn curves(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        r#"<text x="{LEFT}" y="28" font-size="14">Predictions at most so many days off</text>"#
    );
    let (x, y) = (
        |days: f64| LEFT + WIDTH * days / WITHIN_DAYS as f64,
        |share: f64| TOP + HEIGHT * (1.0 - share),
    );
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let _ = writeln!(
            text,
            r##"<line x1="{LEFT}" x2="{:.1}" y1="{at:.1}" y2="{at:.1}" stroke="#dddddd"/><text x="{:.1}" y="{:.1}" text-anchor="end">{:.0} %</text>"##,
            LEFT + WIDTH,
            LEFT - 6.0,
            y(share) + 4.0,
            share * 100.0,
            at = y(share),
        );
    }
    for days in (0..=WITHIN_DAYS).step_by(10) {
        let _ = writeln!(
            text,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{days}</text>"#,
            x(days as f64),
            TOP + HEIGHT + 18.0
        );
    }
    for (row, (method, figures)) in report.figures.iter().enumerate() {
        let points: Vec<String> = figures
            .within
            .iter()
            .enumerate()
            .map(|(days, count)| {
                let share = *count as f64 / figures.count.max(1) as f64;
                format!("{:.1},{:.1}", x(days as f64), y(share))
            })
            .collect();
        let width = if *method == Method::Formula { 3 } else { 1 };
        let at = TOP + HEIGHT + 44.0 + 18.0 * row as f64;
        let _ = writeln!(
            text,
            r#"<polyline fill="none" stroke="{color}" stroke-width="{width}" points="{}"/><line x1="{LEFT}" x2="{:.1}" y1="{at:.1}" y2="{at:.1}" stroke="{color}" stroke-width="{width}"/><text x="{:.1}" y="{:.1}">{}: {:.1} days off on average</text>"#,
            points.join(" "),
            LEFT + 30.0,
            LEFT + 38.0,
            at + 4.0,
            method.word(),
            figures.mean_error_days,
            color = color(*method),
        );
    }
}

fn bars(report: &Report, text: &mut String) {
    let _ = writeln!(
        text,
        r#"<text x="{RIGHT_PANEL}" y="28" font-size="14">What becomes of 100 visits</text>"#
    );
    for (row, (when, figures)) in report.timing.iter().enumerate() {
        let top = TOP + 62.0 * row as f64;
        let _ = writeln!(
            text,
            r#"<text x="{RIGHT_PANEL}" y="{:.1}">{}: {} messages</text>"#,
            top + 12.0,
            choice(*when),
            figures.sent
        );
        let mut left = RIGHT_PANEL;
        for (share, (_, color, _)) in parts(figures).into_iter().zip(PARTS) {
            let width = WIDTH * share;
            let _ = writeln!(
                text,
                r#"<rect x="{left:.1}" y="{:.1}" width="{width:.1}" height="24" fill="{color}"/>"#,
                top + 20.0
            );
            left += width;
        }
    }
    for (place, (name, color, _)) in PARTS.into_iter().enumerate() {
        let at = RIGHT_PANEL + 105.0 * place as f64;
        let _ = writeln!(
            text,
            r#"<rect x="{at:.1}" y="330" width="12" height="12" fill="{color}"/><text x="{:.1}" y="341">{name}</text>"#,
            at + 17.0
        );
    }
}

/// The same for a terminal, 60 characters to 100 visits.
#[must_use]
pub fn terminal(report: &Report) -> String {
    const CHARACTERS: f64 = 60.0;
    let mut text = String::from("mean error in days\n");
    let most = report
        .figures
        .iter()
        .map(|(_, figures)| figures.mean_error_days)
        .fold(f64::MIN_POSITIVE, f64::max);
    for (method, figures) in &report.figures {
        let length = (CHARACTERS * figures.mean_error_days / most).round() as usize;
        let _ = writeln!(
            text,
            "  {:<14} {} {:.1}",
            method.word(),
            "=".repeat(length),
            figures.mean_error_days
        );
    }
    text.push_str("\nwhat becomes of the visits\n");
    for (when, figures) in &report.timing {
        let (mut bar, mut sum) = (String::new(), 0.0);
        for (share, (_, _, sign)) in parts(figures).into_iter().zip(PARTS) {
            sum += share;
            while (bar.chars().count() as f64) < (sum * CHARACTERS).round() {
                bar.push(sign);
            }
        }
        let _ = writeln!(text, "  {:<14} {bar}", choice(*when));
    }
    let legend = PARTS.map(|(name, _, sign)| format!("{sign} {name}"));
    let _ = writeln!(text, "  {:<14} {}", "", legend.join("   "));
    text
}
