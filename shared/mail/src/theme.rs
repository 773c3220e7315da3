//! The looks of a mail that a business can choose.

use domain::field::FieldError;
use serde::{Deserialize, Serialize};

use crate::link::Link;

/// The looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// The colour of buttons and links.
    #[serde(default)]
    pub accent: Color,
    /// A picture on top, at most 240 pixels wide. Its text is the business's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Link>,
}

/// A colour as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

impl Default for Color {
    fn default() -> Self {
        Self {
            red: 0x1d,
            green: 0x4e,
            blue: 0xd8,
        }
    }
}

impl Color {
    /// The only way in.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldError> {
        let digits = text.trim().strip_prefix('#').unwrap_or_default();
        let part = |at: usize| {
            let pair = digits.get(at..at + 2)?;
            u8::from_str_radix(pair, 16).ok()
        };
        let whole = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        match (whole, part(0), part(2), part(4)) {
            (true, Some(red), Some(green), Some(blue)) => Ok(Self { red, green, blue }),
            _ => Err(FieldError::new(
                field,
                "invalid_color",
                format!("`{field}` is no colour"),
                "write it with six hexadecimal digits, as in #1d4ed8",
            )),
        }
    }

    /// Black or white, whichever is easier to read on this colour (WCAG 2).
    #[must_use]
    pub fn readable_on(self) -> Self {
        let (black, white) = (Self::gray(0), Self::gray(255));
        if self.contrast(white) >= self.contrast(black) {
            white
        } else {
            black
        }
    }

    /// This colour, or a dark gray where words in it could not be read on white (WCAG 2, level AA).
    #[must_use]
    pub fn readable_on_white(self) -> Self {
        if self.contrast(Self::gray(255)) >= 4.5 {
            self
        } else {
            Self::gray(0x18)
        }
    }

    fn gray(level: u8) -> Self {
        Self {
            red: level,
            green: level,
            blue: level,
        }
    }

    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl TryFrom<String> for Color {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse("color", &text).map_err(|error| error.message)
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_text_on_them_can_be() {
        let on = |color| Color::parse("c", color).unwrap().readable_on().to_string();
        assert_eq!(on("#1d4ed8"), "#ffffff");
        assert_eq!(on("#FFD700"), "#000000");
        for wrong in [
            "", "red", "#fff", "#12345g", "1d4ed8", "#1d4ed8;", "#+1+2+3",
        ] {
            assert!(Color::parse("c", wrong).is_err(), "{wrong}");
        }
        assert_eq!(Color::default().to_string(), "#1d4ed8");
    }
}
