//! Cursors of lists, which come back from anybody.
#![no_main]

use domain::cursor::{KEY_BYTES, decode, encode};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Some(key) = decode(text) {
        assert_eq!(encode(&key), text, "one key, one cursor");
    }
    let fits = (1..=KEY_BYTES).contains(&text.len());
    assert_eq!(decode(&encode(text)).as_deref(), fits.then_some(text));
});
