//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038).

/// How many septets a character takes: 1, or 2 for the extension table; `None`: it is not in the
/// alphabet, and one such character turns the whole message to UCS-2.
pub(super) fn septets(c: char) -> Option<usize> {
    match c {
        '\n' | '\r' | ' '..='Z' | 'a'..='z' | '_' => Some(1),
        '£' | '¥' | 'è' | 'é' | 'ù' | 'ì' | 'ò' | 'Ç' | 'Ø' | 'ø' | 'Å' | 'å' => {
            Some(1)
        }
        'Δ' | 'Φ' | 'Γ' | 'Λ' | 'Ω' | 'Π' | 'Ψ' | 'Σ' | 'Θ' | 'Ξ' => Some(1),
        'Æ' | 'æ' | 'ß' | 'É' | '¤' | '¡' | 'Ä' | 'Ö' | 'Ñ' | 'Ü' | '§' => Some(1),
        '¿' | 'ä' | 'ö' | 'ñ' | 'ü' | 'à' => Some(1),
        '\u{c}' | '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_as_many_characters_as_the_standard() {
        let count = |wanted| {
            ('\0'..=char::MAX)
                .filter(|c| septets(*c) == Some(wanted))
                .count()
        };
        // 128 places, one of which is the escape to the ten of the extension table.
        assert_eq!(count(1), 127);
        assert_eq!(count(2), 10);
    }

    #[test]
    fn what_looks_as_if_it_were_in_it_is_not() {
        for c in [
            'ç', 'á', 'í', 'ó', 'ú', 'ê', '`', '\t', '\u{a0}', '’', '–', '…', 'µ',
        ] {
            assert_eq!(septets(c), None, "{c}");
        }
    }
}
