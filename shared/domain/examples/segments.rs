//! Reads JSON strings, one a line, and says of each how it would be sent as SMS, so that programs
//! in other languages can compare it with what they would do.

use std::error::Error;
use std::io::{self, BufRead, Write};

use domain::sms;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    // Writes each line out at once: whoever asks waits for the answer.
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let parts: Vec<_> = sms::split(&text)
            .iter()
            .map(|part| part.encode_utf16().count())
            .collect();
        let size = sms::count(&text);
        let answer = json!({ "encoding": size.encoding, "units": size.units, "parts": parts });
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
