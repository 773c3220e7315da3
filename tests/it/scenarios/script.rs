//! The text form of a scenario: a title, then one command a line; indented lines belong to the
//! command above them, lines with `#` are headings.

use anyhow::{Context as _, bail, ensure};

/// A scenario as written.
pub(super) struct Script {
    pub(super) title: String,
    pub(super) commands: Vec<Command>,
}

/// One command and what stands under it.
#[derive(Clone)]
pub(super) struct Command {
    /// In the file, from 1.
    pub(super) line: usize,
    /// The first word.
    pub(super) verb: String,
    /// What follows it.
    pub(super) rest: String,
    pub(super) block: Vec<String>,
}

impl Script {
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut lines = text.lines().enumerate();
        let title = lines.next().map(|(_, line)| line.trim().to_owned());
        let mut commands: Vec<Command> = Vec::new();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            if line.starts_with(' ') {
                let above = commands.last_mut();
                let above = above.context("an indented line needs a command above it")?;
                above.block.push(line.trim().to_owned());
                continue;
            }
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            commands.push(Command {
                line: number + 1,
                verb: verb.to_owned(),
                rest: rest.trim().to_owned(),
                block: Vec::new(),
            });
        }
        Ok(Self {
            title: title
                .filter(|title| !title.is_empty())
                .context("a scenario starts with its title")?,
            commands,
        })
    }

    /// Whether a model is part of it.
    pub(super) fn has_model(&self) -> bool {
        self.commands.iter().any(|command| command.verb == "model")
    }
}

/// Words and quoted texts: `on whatsapp as template "a b"`.
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(text: &str) -> anyhow::Result<Self> {
        let mut words = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (word, after) = match rest.strip_prefix('"') {
                Some(quoted) => {
                    let (word, after) = quoted.split_once('"').context("a quote is not closed")?;
                    // The quote stays, so that a text is never taken for a keyword.
                    (format!("\"{word}"), after)
                }
                None => {
                    let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
                    (word.to_owned(), after)
                }
            };
            words.push(word);
            rest = after.trim_start();
        }
        Ok(Self(words))
    }

    /// Takes the first word.
    pub(super) fn next(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    pub(super) fn need(&mut self, what: &str) -> anyhow::Result<String> {
        self.next().with_context(|| format!("{what} is missing"))
    }

    /// Takes a text in quotes, wherever it stands; `"ä" times 100` repeats it.
    pub(super) fn text(&mut self) -> anyhow::Result<Option<String>> {
        let Some(place) = self.0.iter().position(|word| word.starts_with('"')) else {
            return Ok(None);
        };
        let text = self.0.remove(place)[1..].to_owned();
        if self.0.get(place).is_some_and(|word| word == "times") {
            self.0.remove(place);
            ensure!(place < self.0.len(), "how many times?");
            let times: usize = self.0.remove(place).parse()?;
            return Ok(Some(text.repeat(times)));
        }
        Ok(Some(text))
    }

    /// Takes the word that follows this keyword, wherever it stands.
    pub(super) fn after(&mut self, keyword: &str) -> anyhow::Result<Option<String>> {
        let Some(place) = self.0.iter().position(|word| word == keyword) else {
            return Ok(None);
        };
        self.0.remove(place);
        ensure!(place < self.0.len(), "a word is missing after `{keyword}`");
        Ok(Some(self.0.remove(place)))
    }

    /// Takes the time that follows `at`: `13:10` or `2026-11-02 13:10`.
    pub(super) fn time(&mut self) -> anyhow::Result<Option<String>> {
        let place = self.0.iter().position(|word| word == "at");
        let Some(mut at) = self.after("at")? else {
            return Ok(None);
        };
        if let Some(place) = place.filter(|_| at.contains('-')) {
            ensure!(place < self.0.len(), "the time of day is missing");
            at = format!("{at} {}", self.0.remove(place));
        }
        Ok(Some(at))
    }

    /// Takes this keyword if it is there.
    pub(super) fn flag(&mut self, keyword: &str) -> bool {
        let place = self.0.iter().position(|word| word == keyword);
        place.map(|place| self.0.remove(place)).is_some()
    }

    pub(super) fn all(self) -> Vec<String> {
        self.0
    }

    /// Nothing may be left that nobody understood.
    pub(super) fn done(self) -> anyhow::Result<()> {
        ensure!(self.0.is_empty(), "not understood: {}", self.0.join(" "));
        Ok(())
    }
}

/// `anna on whatsapp: Hallo` is `anna on whatsapp` and `Hallo`.
pub(super) fn said(rest: &str) -> anyhow::Result<(&str, String)> {
    let (head, text) = rest
        .split_once(": ")
        .context("what was said stands after `: `")?;
    Ok((head.trim(), text.trim().to_owned()))
}

/// `1d2h30m5s`.
pub(super) fn duration(text: &str) -> anyhow::Result<chrono::TimeDelta> {
    let (mut seconds, mut number) = (0, String::new());
    for letter in text.chars() {
        let unit = match letter {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            digit if digit.is_ascii_digit() => {
                number.push(digit);
                continue;
            }
            _ => bail!("`{text}` is no duration like `4h30m`"),
        };
        seconds += unit * number.parse::<i64>().with_context(|| format!("`{text}`"))?;
        number.clear();
    }
    ensure!(number.is_empty(), "`{text}` is no duration like `4h30m`");
    Ok(chrono::TimeDelta::seconds(seconds))
}

/// Ids say nothing to a reader and would change with every id that is drawn before them.
pub(super) fn masked(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if let Some((before, token)) = word.split_once("/l/") {
            let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            return format!("{before}/l/…{}", token.trim_start_matches(is_token));
        }
        let id = word
            .split_once('_')
            .filter(|(_, id)| id.len() >= 32 && id.bytes().take(32).all(|b| b.is_ascii_hexdigit()));
        match id {
            Some((kind, _)) => format!("{kind}_…"),
            None => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
