//! What the review says, in German and English.

use chrono::TimeDelta;

use super::reach::ChannelOutlook;
use super::template::{Found, Standing};
use crate::channel::{Channel, TextLimit};
use crate::local_time::TimeOfDay;
use crate::rebooking::{DayChoice, Timing};
use crate::receipt::channel_name;
use crate::rule::{Delay, MessageText};
use crate::settings::Locale;
use crate::template::TemplateStatus;

/// The texts in one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    locale: Locale,
}

impl Words {
    pub(super) fn new(locale: Locale) -> Self {
        Self { locale }
    }

    fn say(self, de: impl Into<String>, en: impl Into<String>) -> String {
        match self.locale {
            Locale::De => de.into(),
            Locale::En => en.into(),
        }
    }
}

// The check list.
impl Words {
    pub(super) fn active(self, channels: impl Iterator<Item = Channel>) -> String {
        let mut names: Vec<_> = channels.map(channel_name).collect();
        names.dedup();
        let names = names.join(", ");
        self.say(format!("Aktiv: {names}"), format!("Active: {names}"))
    }

    pub(super) fn name(self, name: &str) -> String {
        let length = name.chars().count();
        self.say(
            format!("„{name}“ ({length} von 100 Zeichen)"),
            format!("\"{name}\" ({length} of 100 characters)"),
        )
    }

    pub(super) fn quoted(self, text: &str) -> String {
        self.say(format!("„{text}“"), format!("\"{text}\""))
    }

    pub(super) fn delay(self, delay: Delay, channels: &[ChannelOutlook]) -> String {
        let time = match delay.fixed() {
            None => self.say(
                "Die KI wählt den Zeitpunkt, immer innerhalb des Erlaubten",
                "The AI chooses the time, always inside what is allowed",
            ),
            Some(fixed) => {
                let time = self.duration(fixed);
                self.say(
                    format!("{time} nach der letzten Nachricht"),
                    format!("{time} after the last message"),
                )
            }
        };
        let each: Vec<_> = channels
            .iter()
            .map(|outlook| format!("{}: {}", channel_name(outlook.channel), self.form(outlook)))
            .collect();
        format!("{time}. {}", each.join("; "))
    }

    pub(super) fn after_visit(self, timing: &Timing, channels: &[ChannelOutlook]) -> String {
        let after = |days: u32| match days {
            1 => self.say("1 Tag nach dem Besuch", "1 day after the visit"),
            _ => self.say(
                format!("{days} Tage nach dem Besuch"),
                format!("{days} days after the visit"),
            ),
        };
        let day = match timing.day {
            DayChoice::OneDayAfter => after(1),
            DayChoice::TwoDaysAfter => after(2),
            DayChoice::ThreeDaysAfter => after(3),
            DayChoice::Predicted => self.say(
                "Fünf Tage, bevor der Kunde nach seiner Gewohnheit überfällig ist (empfohlen)",
                "Five days before the customer would be overdue by their own habit (recommended)",
            ),
        };
        let time = self.say(format!("um {}", timing.at), format!("at {}", timing.at));
        let each: Vec<_> = channels
            .iter()
            .map(|outlook| format!("{}: {}", channel_name(outlook.channel), self.form(outlook)))
            .collect();
        format!("{day}, {time}. {}", each.join("; "))
    }

    fn form(self, outlook: &ChannelOutlook) -> String {
        match (outlook.free_form, outlook.template) {
            (true, true) => self.say(
                "freier Text im Fenster, sonst Vorlage",
                "free text inside the window, else the template",
            ),
            (true, false) => self.say("freier Text", "free text"),
            (false, true) => self.say("Vorlage", "template"),
            (false, false) => self.say("entfällt", "left out"),
        }
    }

    pub(super) fn message(self, message: Option<&MessageText>) -> String {
        match message {
            None => self.say(
                "Kein Text; es geht immer die Vorlage hinaus",
                "No text; the template is always sent",
            ),
            Some(MessageText::Ai) => self.say("Die KI schreibt den Text", "The AI writes the text"),
            Some(MessageText::Custom { text }) => {
                let length = text.chars().count();
                self.say(
                    format!("Eigener Text ({length} Zeichen)"),
                    format!("Custom text ({length} characters)"),
                )
            }
        }
    }

    pub(super) fn template(self, found: Option<&Found<'_>>, needed: bool) -> String {
        let Some(found) = found else {
            return if needed {
                self.say("Eine Vorlage fehlt", "A template is missing")
            } else {
                self.say("Keine Vorlage nötig", "No template needed")
            };
        };
        let (name, language) = (&found.used.name, &found.used.language);
        let standing = match found.standing {
            Standing::Approved => self.say("freigegeben", "approved"),
            Standing::Waiting => self.say("noch nicht freigegeben", "not approved yet"),
            Standing::Unused => self.say("wird nicht gebraucht", "not used"),
            Standing::Unchecked => self.say("nicht geprüft", "not checked"),
        };
        format!("{name} ({language}): {standing}")
    }

    pub(super) fn cost(self, extra: bool) -> String {
        if extra {
            self.say(
                "WhatsApp-Vorlagen kosten extra; der Preis hängt von deinem Tarif und der Region des Empfängers ab. Maßgeblich ist die offizielle Preisliste von Meta.",
                "WhatsApp templates cost extra; the price depends on your plan and the recipient's region. Meta's official price list is what counts.",
            )
        } else {
            self.say(
                "Diese Regel sendet keine Vorlagen. Auch freie WhatsApp-Nachrichten können über einem monatlichen Freikontingent Geld kosten, je nach Tarif und Region; siehe die offizielle Preisliste von Meta.",
                "This rule sends no templates. Free WhatsApp messages may cost money too beyond a monthly allowance, depending on plan and region; see Meta's official price list.",
            )
        }
    }
}

// Channels that are left out.
impl Words {
    pub(super) fn left_out(self, code: &str, channel: Channel) -> String {
        let name = channel_name(channel);
        match code {
            "not_connected" => self.say(
                format!("{name}: keine aktive Verbindung."),
                format!("{name}: no active connection."),
            ),
            "no_message" => self.say(
                format!("{name} kennt keine Vorlagen, und die Regel hat keinen Text."),
                format!("{name} knows no templates, and the rule has no text."),
            ),
            "template_missing" => self.say(
                format!("{name} nimmt ab 24 Stunden nur freigegebene Vorlagen an."),
                format!("{name} takes only approved templates from 24 hours on."),
            ),
            "delay_over_window" => self.say(
                format!("{name} erlaubt automatische Nachrichten nur innerhalb von 24 Stunden."),
                format!("{name} allows automated messages only within 24 hours."),
            ),
            "delay_in_margin" => self.say(
                format!("{name}: Die Verzögerung endet in den letzten 5 Minuten des Fensters, dort geht kein freier Text mehr hinaus."),
                format!("{name}: the delay ends in the last 5 minutes of the window, when no free text leaves any more."),
            ),
            _ => self.say(
                format!("{name}: Der Text ist zu lang."),
                format!("{name}: the text is too long."),
            ),
        }
    }
}

// Warnings.
impl Words {
    pub(super) fn delay_in_margin(self) -> String {
        self.say(
            "Zwischen 23 h 55 min und 24 h geht kein freier Text mehr hinaus (5 Minuten Abstand zum Ende des Fensters). Wähle höchstens 23 h 54 min oder eine Vorlage.",
            "Between 23 h 55 min and 24 h no free text leaves any more (5 minutes of margin to the end of the window). Choose 23 h 54 min at most, or a template.",
        )
    }

    pub(super) fn described_delay(self, fixed: TimeDelta, described: TimeDelta) -> String {
        let (fixed, described) = (self.duration(fixed), self.duration(described));
        self.say(
            format!("Die Beschreibung nennt {described}, eingestellt sind {fixed}. Es gilt die Einstellung."),
            format!("The description says {described}, the delay is set to {fixed}. The setting counts."),
        )
    }

    pub(super) fn vague_description(self) -> String {
        self.say(
            "Die Beschreibung ist sehr kurz. Nenne die Situation, die Bedingung und den Zweck.",
            "The description is very short. Name the situation, the condition and the purpose.",
        )
    }

    pub(super) fn not_understood(self) -> String {
        self.say(
            "Die Beschreibung ist ohne Modell nicht zu verstehen: Ohne Modell gilt die Regel für niemanden. Sage, in welcher Lage der Kunde ist („wenn der Kunde nach einem Preis fragt und nicht mehr antwortet“).",
            "The description cannot be understood without a model: without one the rule applies to nobody. Say what situation the customer is in (\"when the customer asks for a price and stops answering\").",
        )
    }

    pub(super) fn no_business_name(self) -> String {
        self.say(
            "##{{business_name}} bleibt leer: In den Einstellungen steht nicht, wie das Geschäft heißt (`business_name`).",
            "##{{business_name}} stays empty: the settings do not say what the business is called (`business_name`).",
        )
    }

    pub(super) fn booking_link_missing(self) -> String {
        self.say(
            "Im Text fehlt der Link zum Buchen. ##{{booking_link}} fügt ihn wieder ein.",
            "The text is without the link to book. ##{{booking_link}} puts it back in.",
        )
    }

    pub(super) fn time_in_quiet_hours(self, at: TimeOfDay, moved: TimeOfDay) -> String {
        self.say(
            format!(
                "{at} liegt in der Ruhezeit; die Erinnerung geht um {moved} desselben Tages hinaus."
            ),
            format!("{at} is in the quiet hours; the reminder goes at {moved} of the same day."),
        )
    }

    pub(super) fn without_hashes(self, name: &str) -> String {
        self.say(
            format!("„{{{{{name}}}}}“ geht wörtlich hinaus. Eine Variable schreibt sich ##{{{{{name}}}}}."),
            format!("\"{{{{{name}}}}}\" is sent as it stands. A variable is written ##{{{{{name}}}}}."),
        )
    }

    pub(super) fn vague_stop(self) -> String {
        self.say(
            "Der Stopp-Auslöser ist sehr kurz. Nenne, was erreicht oder gesagt sein muss.",
            "The stop trigger is very short. Say what must have been reached or said.",
        )
    }

    pub(super) fn any_silence(self) -> String {
        self.say(
            "Auch Kunden, denen noch niemand geantwortet hat, bekommen eine Nachricht.",
            "Customers whom nobody has answered yet get a message, too.",
        )
    }

    pub(super) fn text_tight(self, channel: Channel, limit: TextLimit) -> String {
        let (name, limit) = (channel_name(channel), self.limit(limit));
        self.say(
            format!("{name} erlaubt {limit}; mit langen Namen kann der Text zu lang werden."),
            format!("{name} allows {limit}; with long names the text may become too long."),
        )
    }

    pub(super) fn text_too_long(self, channel: Channel, limit: TextLimit) -> String {
        let (name, limit) = (channel_name(channel), self.limit(limit));
        self.say(
            format!(
                "Der Text ist zu lang für {name} (höchstens {limit}); dort geht er nicht hinaus."
            ),
            format!(
                "The text is too long for {name} (at most {limit}); it will not be sent there."
            ),
        )
    }

    pub(super) fn relative_date(self, word: &str) -> String {
        self.say(
            format!("„{word}“ stimmt nur, wenn der Text am gedachten Tag ankommt."),
            format!("\"{word}\" is right only if the text arrives on the day you have in mind."),
        )
    }

    pub(super) fn template_waiting(self, status: Option<&TemplateStatus>) -> String {
        let paused = status == Some(&TemplateStatus::Paused);
        let (de, en) = if paused {
            ("pausiert", "paused")
        } else {
            ("noch nicht freigegeben", "not approved yet")
        };
        self.say(
            format!("Die Vorlage ist {de}; bis dahin wird außerhalb des Fensters nichts gesendet."),
            format!(
                "The template is {en}; until it is approved nothing is sent outside the window."
            ),
        )
    }

    pub(super) fn template_unused(self) -> String {
        self.say(
            "Die Regel gilt nicht für WhatsApp; die Vorlage wird nie gesendet.",
            "The rule does not act on WhatsApp; the template is never sent.",
        )
    }

    pub(super) fn template_unchecked(self) -> String {
        self.say(
            "Kein WhatsApp-Konto ist aktiv; ob die Vorlage freigegeben ist, zeigt sich erst beim Senden.",
            "No WhatsApp account is active; whether the template is approved will only show when sending.",
        )
    }

    pub(super) fn template_missing_on(self, accounts: &[&str]) -> String {
        let names = accounts.join(", ");
        self.say(
            format!("Diese WhatsApp-Konten haben die Vorlage nicht: {names}."),
            format!("These WhatsApp accounts do not have the template: {names}."),
        )
    }

    pub(super) fn marketing(self) -> String {
        self.say(
            "Meta führt die Vorlage als Werbung: Sie geht nicht an Kunden, die Werbung abgelehnt haben.",
            "Meta lists the template as marketing: it does not go to customers who refused marketing.",
        )
    }

    pub(super) fn text_rarely_used(self) -> String {
        self.say(
            "Der Text wird nur benutzt, wenn ein Versand doch ins 24-Stunden-Fenster fällt; sonst geht die Vorlage hinaus.",
            "The text is used only if a send falls inside the 24-hour window; otherwise the template is sent.",
        )
    }

    fn limit(self, limit: TextLimit) -> String {
        let max = limit.max();
        match limit {
            TextLimit::Chars(_) => self.say(format!("{max} Zeichen"), format!("{max} characters")),
            TextLimit::Bytes(_) => self.say(format!("{max} Bytes"), format!("{max} bytes")),
        }
    }

    /// `1 Tag 2 Stunden`, without parts that are zero.
    fn duration(self, time: TimeDelta) -> String {
        let minutes = time.num_minutes();
        let parts = [
            (minutes / 1440, ["Tag", "Tage"], ["day", "days"]),
            (minutes / 60 % 24, ["Stunde", "Stunden"], ["hour", "hours"]),
            (minutes % 60, ["Minute", "Minuten"], ["minute", "minutes"]),
        ];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(count, ..)| *count != 0)
            .map(|(count, de, en)| {
                let form = usize::from(*count != 1);
                format!("{count} {}", self.say(de[form], en[form]))
            })
            .collect();
        parts.join(" ")
    }
}
