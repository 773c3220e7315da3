//! Bodies, read up to a limit: JSON, parsed with the place of every mistake, and tables.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use domain::field::FieldError;
use domain::table::Unreadable;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use utoipa::ToSchema;

use super::problem::{Code, Problem};
use super::wording::in_words;

/// The largest body of JSON.
const LIMIT: usize = 256 * 1024;
/// The largest table. A Lambda function is called with six mebibytes at most, in which every line
/// ending and quotation mark takes two bytes.
const TABLE_LIMIT: usize = 4 * 1024 * 1024;

const SEE_DOCUMENT: &str = "see the OpenAPI document for the shape of this field";

/// A body.
pub(crate) struct Json<T>(pub(crate) T);

/// A table as text, whatever separates its fields.
pub(crate) struct Csv(pub(crate) Bytes);

/// What separates the fields of a table.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Separator {
    Comma,
    Semicolon,
    Tab,
    Bar,
}

impl Separator {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

/// A body that is no table.
pub(crate) fn no_table(error: &Unreadable, remedy: &'static str) -> FieldError {
    match error {
        Unreadable::NotText => FieldError::new(
            "",
            "not_text",
            "the body is UTF-16 or no text",
            "save the table as CSV in UTF-8",
        ),
        Unreadable::NoHeader | Unreadable::Source(_) => {
            FieldError::new("", "not_a_table", error.to_string(), remedy)
        }
    }
}

/// A merge patch: the JSON as sent, and the same read as `T`, which names what is wrong with it.
pub(crate) struct JsonPatch<T>(pub(crate) Value, pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        parse(&read(request).await?).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonPatch<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = read(request).await?;
        let read = parse(&bytes)?;
        parse(&bytes).map(|sent| Self(sent, read))
    }
}

impl<S: Send + Sync> FromRequest<S> for Csv {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let declared = essence(&request);
        if declared.as_deref() != Some("text/csv") {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "send the body as a table, with `Content-Type: text/csv`",
            ));
        }
        bytes(request, TABLE_LIMIT).await.map(Self)
    }
}

/// Parses the bytes; the error names line, column and field.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Some programs begin every file with the mark of UTF-8; RFC 8259 lets readers skip it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // serde would read a list as the fields of a struct, in order.
    if bytes.trim_ascii_start().starts_with(b"[") && serde_json::from_slice::<Value>(bytes).is_ok()
    {
        return Err(Problem::invalid(vec![FieldError::new(
            "",
            "wrong_type",
            "the body is a list",
            "send one JSON object",
        )]));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        wrong(bytes, &field, error.inner())
    })?;
    reader.end().map_err(|error| wrong(bytes, ".", &error))?;
    Ok(value)
}

fn wrong(bytes: &[u8], field: &str, error: &serde_json::Error) -> Problem {
    // The path ends in these where the place has no name.
    let field = match field {
        "." | "?" => "",
        field => field.trim_end_matches(".?"),
    };
    // A word was expected and there is something else: the reader takes that for broken JSON.
    // What is cut off in the middle of a name is no unknown field either.
    match (serde_json::from_slice::<Value>(bytes), error.classify()) {
        (Ok(_), Category::Syntax) => Problem::invalid(vec![FieldError::new(
            field,
            "wrong_type",
            "a string was expected",
            SEE_DOCUMENT,
        )]),
        (Ok(_), _) => Problem::invalid(vec![misfit(field, error)]),
        (Err(broken), category) => {
            let field = match category {
                Category::Data => "",
                Category::Syntax | Category::Eof | Category::Io => field,
            };
            let error = FieldError::new(
                field,
                "invalid_json",
                format!("the body is not JSON: {broken}"),
                "send one JSON object in UTF-8",
            );
            Problem::new(Code::InvalidJson, error.message.clone()).with_errors(vec![error])
        }
    }
}

fn misfit(field: &str, error: &serde_json::Error) -> FieldError {
    let message = error.to_string();
    let (code, remedy) = if message.starts_with("unknown field") {
        ("unknown_field", "remove it, or correct its spelling")
    } else if message.starts_with("missing field") {
        ("required", "add it")
    } else if message.starts_with("duplicate field") {
        ("duplicate_field", "keep one of them")
    } else if message.starts_with("unknown variant") {
        ("unknown_value", "use one of the values named")
    } else {
        ("wrong_type", SEE_DOCUMENT)
    };
    // The path leads to the object in which the field is missing.
    let missing = message.split('`').nth(1).filter(|_| code == "required");
    let field = match missing {
        None => field.to_owned(),
        Some(name) if field.is_empty() => name.to_owned(),
        Some(name) => format!("{field}.{name}"),
    };
    FieldError::new(&field, code, in_words(&message), remedy)
}

/// The declared type without its parameters, in small letters.
fn essence(request: &Request) -> Option<String> {
    let declared = request.headers().get(header::CONTENT_TYPE)?;
    let essence = declared.to_str().ok()?.split(';').next()?;
    Some(essence.trim().to_ascii_lowercase())
}

fn is_json(request: &Request) -> bool {
    essence(request).is_some_and(|essence| {
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    })
}

fn undeclared() -> Problem {
    Problem::new(
        Code::UnsupportedMediaType,
        "send the body as JSON, with `Content-Type: application/json`",
    )
}

/// Whether it has to be unpacked first.
fn is_packed(request: &Request) -> bool {
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    encoding.is_some_and(|encoding| encoding != "identity")
}

async fn read(request: Request) -> Result<Bytes, Problem> {
    if !is_json(&request) {
        return Err(undeclared());
    }
    bytes(request, LIMIT).await
}

async fn bytes(request: Request, limit: usize) -> Result<Bytes, Problem> {
    if is_packed(&request) {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "send the body as it is, without `Content-Encoding`",
        ));
    }
    axum::body::to_bytes(Body::new(request.into_body()), limit)
        .await
        .map_err(|_| {
            Problem::new(
                Code::BodyTooLarge,
                format!("the body has more than {limit} bytes"),
            )
        })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Outer {
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Inner {
        number: u8,
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let check = |body: &str, status: u16, field: &str, code: &str| {
            let problem = parse::<Outer>(body.as_bytes()).unwrap_err().document("r");
            let shown = serde_json::to_value(&problem).unwrap();
            assert_eq!(shown["status"], status, "{body}: {shown}");
            assert_eq!(shown["errors"][0]["field"], field, "{body}: {shown}");
            assert_eq!(shown["errors"][0]["code"], code, "{body}: {shown}");
        };
        check("{", 400, "", "invalid_json");
        check("{\"i", 400, "", "invalid_json");
        check("{\"i\"", 400, "", "invalid_json");
        check("{} x", 400, "", "invalid_json");
        check("", 400, "", "invalid_json");
        check("[]", 422, "", "wrong_type");
        check("7", 422, "", "wrong_type");
        check(
            r#"{"inner": {"number": 300}}"#,
            422,
            "inner.number",
            "wrong_type",
        );
        check(
            r#"{"inner": {"number": 3, "x": 1}}"#,
            422,
            "inner.x",
            "unknown_field",
        );
        check(r#"{"inner": {}}"#, 422, "inner.number", "required");
        check(r#"{"outer": {}}"#, 422, "outer", "unknown_field");
        assert!(parse::<Outer>("\u{feff}{}".as_bytes()).is_ok());
    }
}
