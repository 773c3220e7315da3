//! What a message says, in one shape for all channels and both directions.

use serde::{Deserialize, Serialize};

use crate::channel::ProviderMessageId;

/// The content of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Plain text.
    Text {
        /// The text as written.
        text: String,
    },
    /// An e-mail.
    Email {
        /// One line.
        subject: String,
        /// The text part, without what stands under every mail.
        text: String,
        /// What stands in the body of the HTML part; without one it is made from the text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        html: Option<String>,
    },
    /// A picture, a recording or a file.
    Media(Media),
    /// An approved template with its values.
    Template(TemplateMessage),
    /// A place.
    Location(Location),
    /// Address-book entries.
    Contacts {
        /// At least one.
        contacts: Vec<ContactCard>,
    },
    /// A telephone call.
    Call(Call),
    /// A tap on a button or on an entry of a list that we offered.
    Reply {
        /// What we attached to the button; some platforms leave it out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What the customer saw on it.
        title: String,
    },
    /// A filled-in form.
    Form {
        /// The name the platform gives the form.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The answers, as the platform encodes them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<serde_json::Value>,
    },
    /// An emoji on an earlier message; without one the reaction was taken back.
    Reaction {
        /// The message reacted to.
        target: ProviderMessageId,
        /// The emoji.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
    },
    /// A shopping basket sent from a catalogue.
    Order(Order),
    /// A story, post or link that was shared or mentioned.
    Share {
        /// The platform's word for it, such as `story_mention`.
        kind: String,
        /// Where it can be seen, for a limited time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// Its headline.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// The platform says there was a message, but not what it said.
    Unsupported {
        /// The platform's word for it.
        kind: String,
    },
}

impl Content {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The words in it, where there are any: what rules and models read.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text { text } | Self::Email { text, .. } => Some(text),
            Self::Media(media) => media.caption.as_deref(),
            Self::Template(template) => template.rendered.as_deref(),
            Self::Reply { title, .. } => Some(title),
            Self::Order(order) => order.text.as_deref(),
            Self::Share { title, .. } => title.as_deref(),
            Self::Location(_)
            | Self::Contacts { .. }
            | Self::Call(_)
            | Self::Form { .. }
            | Self::Reaction { .. }
            | Self::Unsupported { .. } => None,
        }
    }

    /// One short line for lists and histories.
    pub fn preview(&self) -> String {
        let label = match self {
            Self::Text { text } => return one_line(text),
            Self::Reply { title, .. } => return one_line(title),
            Self::Email { subject, .. } => return one_line(subject),
            Self::Media(media) => media.kind.label(),
            Self::Template(template) => match &template.rendered {
                Some(text) => return one_line(text),
                None => return format!("[template {}]", template.name),
            },
            Self::Location(_) => "[location]",
            Self::Contacts { .. } => "[contact]",
            Self::Call(call) => call.outcome.label(),
            Self::Form { .. } => "[form]",
            Self::Reaction { emoji, .. } => match emoji {
                Some(emoji) => return format!("[reaction {emoji}]"),
                None => "[reaction removed]",
            },
            Self::Order(_) => "[order]",
            Self::Share { kind, .. } if kind.starts_with("story") => "[story]",
            Self::Share { .. } => "[shared post]",
            Self::Unsupported { .. } => "[unsupported message]",
        };
        match self.words() {
            Some(words) if !words.trim().is_empty() => format!("{label} {}", one_line(words)),
            _ => label.to_owned(),
        }
    }
}

/// A telephone call of the customer (MO-21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What became of it.
    pub outcome: CallOutcome,
    /// How long they spoke, or how long the recording is, as far as the provider tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The provider's id of the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// Somebody of the business answered.
    Answered,
    /// Nobody did.
    Missed,
    /// Nobody did, and this is what the customer left on the voicemail.
    Voicemail,
}

impl CallOutcome {
    /// The stand-in for it in texts.
    pub fn label(self) -> &'static str {
        match self {
            Self::Answered => "[call]",
            Self::Missed => "[missed call]",
            Self::Voicemail => "[voicemail]",
        }
    }
}

/// A picture, a recording or a file, by reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// What kind of thing it is.
    pub kind: MediaKind,
    /// The platform's id, to fetch it with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it can be fetched; links by platforms expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The text under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Its type, such as `audio/ogg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
}

impl Media {
    /// Media that can be fetched from a public address.
    pub fn by_link(kind: MediaKind, link: impl Into<String>) -> Self {
        Self {
            link: Some(link.into()),
            ..Self::empty(kind)
        }
    }

    /// Media that the platform keeps under an id.
    pub fn by_id(kind: MediaKind, id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..Self::empty(kind)
        }
    }

    /// Media of which nothing but the kind is known.
    pub fn empty(kind: MediaKind) -> Self {
        Self {
            kind,
            id: None,
            link: None,
            caption: None,
            filename: None,
            mime: None,
        }
    }
}

/// The kinds of media that platforms tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound, also a voice message.
    Audio,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
}

impl MediaKind {
    /// The stand-in for it in texts.
    pub fn label(self) -> &'static str {
        match self {
            Self::Image => "[photo]",
            Self::Video => "[video]",
            Self::Audio => "[audio]",
            Self::Document => "[document]",
            Self::Sticker => "[sticker]",
        }
    }
}

/// An approved template together with the values put into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateMessage {
    /// The name it was approved under.
    pub name: String,
    /// The language code it was approved in, such as `de` or `en_US`.
    pub language: String,
    /// The value of the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderParameter>,
    /// The values of the body, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<TextParameter>,
    /// The values of buttons that have one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<ButtonParameter>,
    /// The whole text with the values filled in, for histories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered: Option<String>,
}

impl TemplateMessage {
    /// A template that needs no values.
    pub fn new(name: impl Into<String>, language: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            language: language.into(),
            header: None,
            body: Vec::new(),
            buttons: Vec::new(),
            rendered: None,
        }
    }
}

/// One value of a text; the name is set for templates with named parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextParameter {
    /// The parameter's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its value.
    pub text: String,
}

impl TextParameter {
    /// A value known by its place.
    pub fn positional(text: impl Into<String>) -> Self {
        Self {
            name: None,
            text: text.into(),
        }
    }

    /// A value known by its name.
    pub fn named(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            text: text.into(),
        }
    }
}

/// The value of a template's header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HeaderParameter {
    /// A text header with one variable.
    Text(TextParameter),
    /// A picture, film or document.
    Media(Media),
    /// A place.
    Location(Location),
}

/// The value of one button of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ButtonParameter {
    /// Which button, counted from 0.
    pub index: u8,
    /// What it gets.
    #[serde(flatten)]
    pub value: ButtonValue,
}

/// What a button of a template gets, by the kind of button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ButtonValue {
    /// The end of the button's address.
    Url {
        /// Appended where the address has its variable.
        suffix: String,
    },
    /// What comes back when the customer taps.
    QuickReply {
        /// Our own string.
        payload: String,
    },
    /// The code that the customer copies.
    CopyCode {
        /// The code.
        code: String,
    },
}

/// A place on the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// North is positive.
    pub latitude: Degrees,
    /// East is positive.
    pub longitude: Degrees,
    /// What the place is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// An angle, kept in millionths of a degree (about 11 cm) so that it compares exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Degrees(i32);

impl Degrees {
    /// The only way in; the angle must lie within a full half turn.
    pub fn parse(degrees: f64) -> Result<Self, DegreesError> {
        if degrees.is_finite() && degrees.abs() <= 180.0 {
            // At most 180 million: far inside the range of the integer.
            Ok(Self((degrees * 1e6).round() as i32))
        } else {
            Err(DegreesError)
        }
    }

    /// The angle as a number.
    pub fn degrees(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl TryFrom<f64> for Degrees {
    type Error = DegreesError;

    fn try_from(degrees: f64) -> Result<Self, Self::Error> {
        Self::parse(degrees)
    }
}

impl From<Degrees> for f64 {
    fn from(degrees: Degrees) -> Self {
        degrees.degrees()
    }
}

/// The number is not an angle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a number between -180 and 180")]
pub struct DegreesError;

/// An entry of an address book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCard {
    /// The name on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Phone numbers, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// Whether the customer shared their own card because we asked for it.
    #[serde(default)]
    pub own: bool,
}

/// A shopping basket sent from a catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// What the customer wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What was ordered.
    pub items: Vec<OrderItem>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The business's own product number.
    pub product: String,
    /// How many.
    pub quantity: u32,
    /// The price of one as decimal text, exactly as the platform wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// The currency, such as `EUR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// White space folded, cut after 120 characters.
fn one_line(text: &str) -> String {
    const MAX: usize = 120;
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(MAX) {
        Some((cut, _)) => format!("{}…", folded[..cut].trim_end()),
        None => folded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_are_one_short_line() {
        let check = |content: Content, expected: &str| assert_eq!(content.preview(), expected);
        check(Content::text(" Hallo\n\nAnna  "), "Hallo Anna");
        check(
            Content::text("ä".repeat(121)),
            &format!("{}…", "ä".repeat(120)),
        );
        check(Content::Media(Media::empty(MediaKind::Audio)), "[audio]");
        check(
            Content::Media(Media {
                caption: Some("mein\nHund".to_owned()),
                ..Media::by_id(MediaKind::Image, "42")
            }),
            "[photo] mein Hund",
        );
        check(
            Content::Template(TemplateMessage::new("termin", "de")),
            "[template termin]",
        );
        check(
            Content::Unsupported {
                kind: "poll".to_owned(),
            },
            "[unsupported message]",
        );
        check(
            Content::Share {
                kind: "story_mention".to_owned(),
                url: None,
                title: None,
            },
            "[story]",
        );
    }

    #[test]
    fn contents_round_trip_through_json() {
        let place = Location {
            latitude: Degrees::parse(52.520008).unwrap(),
            longitude: Degrees::parse(-0.1276).unwrap(),
            name: None,
            address: None,
        };
        let mut template = TemplateMessage::new("termin_erinnerung", "de");
        template.header = Some(HeaderParameter::Text(TextParameter::named(
            "salon", "Mitte",
        )));
        template.body = vec![TextParameter::positional("Anna")];
        template.buttons = vec![ButtonParameter {
            index: 1,
            value: ButtonValue::Url {
                suffix: "abc".to_owned(),
            },
        }];
        for content in [
            Content::text("Hallo"),
            Content::Location(place),
            Content::Template(template),
            Content::Media(Media::by_link(
                MediaKind::Document,
                "https://example.org/a.pdf",
            )),
            Content::Reply {
                id: None,
                title: "Ja".to_owned(),
            },
        ] {
            let json = serde_json::to_string(&content).unwrap();
            assert_eq!(serde_json::from_str::<Content>(&json).unwrap(), content);
        }
    }

    #[test]
    fn angles_outside_the_globe_are_refused() {
        assert_eq!(Degrees::parse(181.0), Err(DegreesError));
        assert_eq!(Degrees::parse(f64::NAN), Err(DegreesError));
        assert_eq!(Degrees::parse(52.520008).unwrap().degrees(), 52.520008);
    }
}
