//! Cursors: where a page of a list ended, as text that can stand in a URL.
//!
//! Hexadecimal: no escaping, and no decoder to get wrong. A key has exactly one cursor.

/// The longest key: that of a sort key in the table.
pub const KEY_BYTES: usize = 1024;

/// The cursor for a key.
#[must_use]
pub fn encode(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The key of a cursor; `None` when [`encode`] did not make it.
#[must_use]
pub fn decode(cursor: &str) -> Option<String> {
    let (pairs, rest) = cursor.as_bytes().as_chunks::<2>();
    if !(1..=KEY_BYTES).contains(&pairs.len()) || !rest.is_empty() {
        return None;
    }
    let bytes: Option<Vec<u8>> = pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?))
        .collect();
    String::from_utf8(bytes?).ok()
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text_form() {
        let key = "1699999999999#cnv_0123456789abcdef0123456789abcdef#ä";
        assert_eq!(decode(&encode(key)).as_deref(), Some(key));
        let longest = "k".repeat(KEY_BYTES);
        assert_eq!(decode(&encode(&longest)), Some(longest));
    }

    #[test]
    fn what_was_never_handed_out_is_refused() {
        // `6B` would be a second cursor for the key of `6b`.
        let too_long = "6b".repeat(KEY_BYTES + 1);
        for wrong in ["", "x", "0", "6b6", "zz", "+1", "ff", "6B", "é", &too_long] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
