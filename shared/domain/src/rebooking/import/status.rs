//! What a status means, in English and German.

use crate::rebooking::visit::Status;

/// The word is no status that we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no status we know; say what it means")]
pub struct StatusError;

const COMPLETED: [&str; 27] = [
    "completed",
    "complete",
    "done",
    "finished",
    "fulfilled",
    "attended",
    "arrived",
    "show",
    "showed",
    "checked out",
    "checkedout",
    "closed",
    "paid",
    "served",
    "abgeschlossen",
    "erledigt",
    "wahrgenommen",
    "erschienen",
    "stattgefunden",
    "bezahlt",
    "beendet",
    "fertig",
    "durchgeführt",
    "kassiert",
    "abgerechnet",
    "gekommen",
    "anwesend",
];
const CANCELLED: [&str; 15] = [
    "cancelled",
    "canceled",
    "cancelled late",
    "late cancelled",
    "late cancel",
    "deleted",
    "rescheduled",
    "storniert",
    "storno",
    "abgesagt",
    "gelöscht",
    "verschoben",
    "kurzfristig abgesagt",
    "absage",
    "annulliert",
];
const NO_SHOW: [&str; 11] = [
    "no show",
    "noshow",
    "did not show",
    "missed",
    "absent",
    "nicht erschienen",
    "nichterschienen",
    "nicht gekommen",
    "ausgefallen",
    "versäumt",
    "verpasst",
];
const BOOKED: [&str; 16] = [
    "booked",
    "confirmed",
    "scheduled",
    "pending",
    "new",
    "open",
    "reserved",
    "requested",
    "upcoming",
    "gebucht",
    "bestätigt",
    "geplant",
    "offen",
    "reserviert",
    "angefragt",
    "neu",
];

/// Capitals, signs and doubled spaces do not matter: `NO_SHOW` is `no show`.
pub fn parse_status(text: &str) -> Result<Status, StatusError> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let word = words.collect::<Vec<_>>().join(" ").to_lowercase();
    let word = word.as_str();
    if COMPLETED.contains(&word) {
        Ok(Status::Completed)
    } else if CANCELLED.contains(&word) {
        Ok(Status::Cancelled)
    } else if NO_SHOW.contains(&word) {
        Ok(Status::NoShow)
    } else if BOOKED.contains(&word) {
        Ok(Status::Booked)
    } else {
        Err(StatusError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_known_in_both_languages_however_they_are_written() {
        let check = |text: &str, expected| assert_eq!(parse_status(text), Ok(expected), "{text}");
        check("completed", Status::Completed);
        check("Erledigt ", Status::Completed);
        check("CHECKED_OUT", Status::Completed);
        check("no_show", Status::NoShow);
        check("No-Show", Status::NoShow);
        check("Nicht erschienen", Status::NoShow);
        check("Storniert", Status::Cancelled);
        check("canceled", Status::Cancelled);
        check("Bestätigt", Status::Booked);
        for unknown in ["", "?", "ok vielleicht", "42"] {
            assert_eq!(parse_status(unknown), Err(StatusError), "{unknown}");
        }
    }

    #[test]
    fn no_word_means_two_things() {
        let mut all: Vec<&str> = [&COMPLETED[..], &CANCELLED, &NO_SHOW, &BOOKED].concat();
        let before = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), before);
    }
}
