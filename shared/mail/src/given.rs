//! Values as programs give them, in JSON: each checked against the type of its variable.
//!
//! Some variables have a second form, in which what decides is given and the words follow from it:
//! `refundNotice` by what had paid (MO-17), `welcomeMessage` by the class and its template (MO-18).

use chrono::{NaiveDate, NaiveTime};
use domain::field::{FieldError, FieldErrors, too_long};
use domain::settings::Locale;
use domain::variables::{self, Piece};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::kind::TemplateKind;
use crate::link::Link;
use crate::refund::{PaymentMeans, RefundTexts};
use crate::value::{Currency, Money, Value, ValueType, Values};
use crate::variable::Variable;
use crate::welcome::welcome_message;

/// The longest value on one line, in characters.
pub const LONGEST_TEXT: usize = 500;
/// The longest value over several lines, in characters.
pub const LONGEST_LINES: usize = 5_000;
/// What the customer and the settings say, and nobody else.
const OURS: [&str; 4] = ["first_name", "last_name", "full_name", "business_name"];

/// How a refund is told: by what had paid.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refunded {
    paid_with: PaymentMeans,
    amount: Option<AmountIn>,
}

/// What a class says, and what the template it was made from does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Welcome {
    class: Option<String>,
    class_template: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountIn {
    minor: i64,
    currency: String,
}

/// The values of one mail of this kind, without the names that are filled in for everybody.
///
/// # Errors
/// A variable that the kind does not have, a value of another type, one that is missing, or one that
/// only the customer or the settings tell.
pub fn values(
    kind: TemplateKind,
    given: &Map<String, Json>,
    refunds: &RefundTexts,
    locale: Locale,
) -> Result<Values, Vec<FieldError>> {
    let mut errors = FieldErrors::default();
    let mut values = Values::new();
    for (name, json) in given {
        let field = format!("values.{name}");
        let Some(variable) = kind.variable(name) else {
            errors.push(variables::unknown(&field, name, &kind.known(locale)));
            continue;
        };
        if OURS.contains(&variable.name) {
            errors.push(FieldError::new(
                &field,
                "not_allowed",
                format!("`{name}` is what the customer or the settings say"),
                "leave it out, and change it there",
            ));
            continue;
        }
        if json.is_null() {
            continue;
        }
        let value = derived(variable, json, &field, refunds, locale)
            .unwrap_or_else(|| plain(variable.value_type(), json, &field));
        let Some(value) = errors.take(value) else {
            continue;
        };
        if !variable.may_be_empty && value.show(locale).is_empty() {
            errors.push(FieldError::new(
                &field,
                "required",
                format!("`{name}` is empty, and an e-mail of the kind `{kind}` needs it"),
                "write something",
            ));
        } else if variables::pieces(&value.show(locale)).any(|it| !matches!(it, Ok(Piece::Text(_))))
        {
            errors.push(FieldError::new(
                &field,
                "nested_variable",
                format!("`{name}` holds a variable itself"),
                "write what it stands for",
            ));
        } else {
            values.insert(name.clone(), value);
        }
    }
    let needed = kind.variables().iter().filter(|variable| {
        let ours = OURS.contains(&variable.name);
        !ours && !variable.may_be_empty && given.get(variable.name).is_none_or(Json::is_null)
    });
    for variable in needed {
        let meaning = variable.meaning(Locale::En);
        errors.push(FieldError::new(
            &format!("values.{}", variable.name),
            "required",
            format!("an e-mail of the kind `{kind}` needs `{}`", variable.name),
            format!("give {meaning}"),
        ));
    }
    errors.finish()?;
    Ok(values)
}

/// The words that follow from what was given instead of them; `None`: it is no such form.
fn derived(
    variable: &Variable,
    json: &Json,
    field: &str,
    refunds: &RefundTexts,
    locale: Locale,
) -> Option<Result<Value, FieldError>> {
    let Json::Object(_) = json else {
        return None;
    };
    let wrong = |example: &str| {
        let message = format!("`{}` is text, or an object like {example}", variable.name);
        FieldError::new(field, "invalid_value", message, format!("write {example}"))
    };
    match variable.name {
        "refundNotice" => {
            let example = "{\"paid_with\": \"package\"}";
            let parse = || {
                let told = Refunded::deserialize(json).map_err(|_| wrong(example))?;
                let amount = told
                    .amount
                    .map(|amount| amount.checked(field))
                    .transpose()?;
                let notice = refunds.notice(told.paid_with, amount, locale);
                let notice = notice.map_err(|error| {
                    let remedy = "correct the text in `refund_texts` of the mail layout";
                    FieldError::new(field, "cannot_be_sent", error.to_string(), remedy)
                })?;
                Ok(Value::Text(notice))
            };
            Some(parse())
        }
        "welcomeMessage" => {
            let example = "{\"class\": \"…\", \"class_template\": \"…\"}";
            let parse = || {
                let told = Welcome::deserialize(json).map_err(|_| wrong(example))?;
                let text = welcome_message(told.class.as_deref(), told.class_template.as_deref());
                text_of(text, LONGEST_LINES, field).map(Value::Lines)
            };
            Some(parse())
        }
        _ => None,
    }
}

fn plain(expected: ValueType, json: &Json, field: &str) -> Result<Value, FieldError> {
    let wrong = |what: &str, remedy: &str| {
        FieldError::new(
            field,
            "invalid_value",
            format!("`{field}` must be {what}"),
            remedy,
        )
    };
    let text = || json.as_str();
    match expected {
        ValueType::Text => {
            let text = text().ok_or_else(|| wrong("a text", "write it in quotes"))?;
            text_of(text, LONGEST_TEXT, field).map(Value::Text)
        }
        ValueType::Lines => {
            let text = text().ok_or_else(|| wrong("a text", "write it in quotes"))?;
            text_of(text, LONGEST_LINES, field).map(Value::Lines)
        }
        ValueType::Date => {
            let date = text().and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok());
            let wrong = || {
                wrong(
                    "a day on the business's calendar",
                    "write it like 2026-11-27",
                )
            };
            date.map(Value::Date).ok_or_else(wrong)
        }
        ValueType::Time => {
            let time = text().and_then(|text| NaiveTime::parse_from_str(text, "%H:%M").ok());
            let wrong = || wrong("a time on the business's clock", "write it like 09:30");
            time.map(Value::Time).ok_or_else(wrong)
        }
        ValueType::Count => {
            let count = json.as_u64().and_then(|count| u32::try_from(count).ok());
            let wrong = || wrong("a whole number", "write it without quotes, like 90");
            count.map(Value::Count).ok_or_else(wrong)
        }
        ValueType::Money => {
            let remedy = "write it like {\"minor\": 15000, \"currency\": \"EUR\"}";
            let amount = AmountIn::deserialize(json);
            let amount =
                amount.map_err(|_| wrong("an amount in the currency's smallest unit", remedy))?;
            amount.checked(field).map(Value::Money)
        }
        ValueType::Link => {
            let remedy = "write it like https://example.org/b/8f3k2";
            let link = text().ok_or_else(|| wrong("a link", remedy))?;
            let link = Link::parse(link).map_err(|error| {
                FieldError::new(field, "invalid_link", format!("`{field}` {error}"), remedy)
            });
            link.map(Value::Link)
        }
    }
}

impl AmountIn {
    fn checked(self, field: &str) -> Result<Money, FieldError> {
        let currency = Currency::parse(&self.currency).map_err(|error| {
            FieldError::new(
                field,
                "invalid_value",
                error.to_string(),
                "write it like EUR",
            )
        })?;
        Ok(Money {
            minor: self.minor,
            currency,
        })
    }
}

fn text_of(text: &str, longest: usize, field: &str) -> Result<String, FieldError> {
    match too_long(field, text.chars().count(), longest) {
        Some(error) => Err(error),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(kind: TemplateKind, json: &Json) -> Result<Values, Vec<FieldError>> {
        let texts = RefundTexts::default();
        values(kind, json.as_object().unwrap(), &texts, Locale::De)
    }

    fn shown(kind: TemplateKind, json: &Json, name: &str) -> String {
        given(kind, json).unwrap()[name].show(Locale::De)
    }

    fn class() -> Json {
        json!({"class_name": "Yoga", "class_date": "2026-11-27", "class_time": "09:30"})
    }

    fn with(name: &str, value: Json) -> Json {
        let mut class = class();
        class[name] = value;
        class
    }

    #[test]
    fn each_value_is_of_the_type_of_its_variable() {
        let kind = TemplateKind::BookingConfirmation;
        let values = given(kind, &class()).unwrap();
        assert_eq!(
            values["class_date"].show(Locale::De),
            "Freitag, 27. November 2026"
        );
        assert_eq!(values["class_time"].show(Locale::En), "9:30 am");
        let mut wrong = class();
        wrong["class_date"] = json!("27.11.2026");
        wrong["class_time"] = json!(9);
        wrong["manage_url"] = json!("http://example.org");
        wrong["teacher"] = json!("Jane");
        wrong["first_name"] = json!("Anna");
        wrong["class_name"] = Json::Null;
        let errors = given(kind, &wrong).unwrap_err();
        insta::assert_json_snapshot!(errors);
        let receipt = json!({
            "receipt_number": "1", "receipt_date": "2026-11-22", "receipt_items": "1 × Yoga",
            "amount": {"minor": 123_456, "currency": "EUR"},
        });
        assert_eq!(
            shown(TemplateKind::Receipt, &receipt, "amount"),
            "1.234,56 €"
        );
    }

    /// The wording of a refund follows from what had paid.
    #[test]
    fn mo_17_what_had_paid_decides_on_the_words() {
        let kind = TemplateKind::BookingCancelled;
        let notice = |told: Json| shown(kind, &with("refundNotice", told), "refundNotice");
        let package = notice(json!({"paid_with": "package"}));
        assert!(package.contains("Ihrem Paket"), "{package}");
        let amount = json!({"minor": 2_500, "currency": "EUR"});
        let account = notice(json!({"paid_with": "account_money", "amount": amount}));
        assert!(account.contains("25,00 €"), "{account}");
        assert_eq!(notice(json!("Wie besprochen.")), "Wie besprochen.");
        let wrong = given(kind, &with("refundNotice", json!({"paid_with": "shells"})));
        assert_eq!(wrong.unwrap_err()[0].code, "invalid_value");
    }

    /// One text for each means; without one the variable is empty.
    #[test]
    fn mo_33_other_means_of_payment_say_what_the_business_says() {
        let kind = TemplateKind::BookingCancelled;
        let told = with("refundNotice", json!({"paid_with": "card"}));
        assert_eq!(shown(kind, &told, "refundNotice"), "");
        let mut texts = RefundTexts::default();
        texts.set(
            PaymentMeans::Card,
            Locale::De,
            Some("Ihre Karte wird entlastet."),
        );
        let values = values(kind, told.as_object().unwrap(), &texts, Locale::De).unwrap();
        assert_eq!(
            values["refundNotice"].show(Locale::De),
            "Ihre Karte wird entlastet."
        );
    }

    #[test]
    fn mo_18_the_class_speaks_before_its_template() {
        let kind = TemplateKind::BookingConfirmation;
        let both = json!({"class": "Matte mitbringen", "class_template": "Hallo"});
        let welcome = |told: Json| shown(kind, &with("welcomeMessage", told), "welcomeMessage");
        assert_eq!(welcome(both), "Matte mitbringen");
        assert_eq!(welcome(json!({"class_template": "Hallo"})), "Hallo");
        assert_eq!(welcome(json!({})), "");
    }

    #[test]
    fn mo_15_and_16_notes_and_minutes_are_what_was_given() {
        let note = with(
            "noteToCustomers",
            json!("Jane ist krank.\nEs tut uns leid."),
        );
        let shown_note = shown(TemplateKind::ClassCancelled, &note, "noteToCustomers");
        assert_eq!(shown_note, "Jane ist krank.\nEs tut uns leid.");
        assert!(given(TemplateKind::ClassCancelled, &class()).is_ok());
        let mut place = with("numberOfMinutesToRespond", json!(90));
        place["url"] = json!("https://example.org/p");
        let kind = TemplateKind::WaitingListPlace;
        assert_eq!(shown(kind, &place, "numberOfMinutesToRespond"), "90");
        place["numberOfMinutesToRespond"] = json!(-1);
        assert_eq!(given(kind, &place).unwrap_err()[0].code, "invalid_value");
    }

    #[test]
    fn what_is_needed_is_not_empty_and_no_value_is_a_variable() {
        let kind = TemplateKind::BookingConfirmation;
        for (value, code) in [(" ", "required"), ("##{{first_name}}", "nested_variable")] {
            let errors = given(kind, &with("class_name", json!(value))).unwrap_err();
            assert_eq!(
                (errors[0].code.as_str(), errors[0].field.as_str()),
                (code, "values.class_name")
            );
            assert_eq!(errors.len(), 1);
        }
    }

    #[test]
    fn values_are_not_endless() {
        let long = with("teacher_name", json!("x".repeat(LONGEST_TEXT + 1)));
        let errors = given(TemplateKind::BookingConfirmation, &long).unwrap_err();
        assert_eq!(errors[0].code, "too_long");
    }
}
