//! Comparisons and the logic of three values.

use std::cmp::Ordering;

use super::{Operator, Value};
use crate::load::decimal;
use crate::load::zone::ZoneOffset;

/// Both, where NULL is unknown.
pub(super) fn and(left: &Value, right: &Value) -> Value {
    match (left.truth(), right.truth()) {
        (Some(false), _) | (_, Some(false)) => Value::Boolean(false),
        (Some(true), Some(true)) => Value::Boolean(true),
        _ => Value::Null,
    }
}

/// One of both, where NULL is unknown.
pub(super) fn or(left: &Value, right: &Value) -> Value {
    match (left.truth(), right.truth()) {
        (Some(true), _) | (_, Some(true)) => Value::Boolean(true),
        (Some(false), Some(false)) => Value::Boolean(false),
        _ => Value::Null,
    }
}

/// Compares two values; NULL where one is, but for `<=>`.
pub(super) fn by(operator: Operator, left: &Value, right: &Value, zone: ZoneOffset) -> Value {
    if operator == Operator::Same && (left.is_null() || right.is_null()) {
        return Value::Boolean(left.is_null() && right.is_null());
    }
    let Some(order) = order(left, right, zone) else { return Value::Null };
    Value::Boolean(match operator {
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
        _ => order == Ordering::Equal,
    })
}

/// Times as times, texts as texts, everything else as numbers.
fn order(left: &Value, right: &Value, zone: ZoneOffset) -> Option<Ordering> {
    let is_time = |value: &Value| matches!(value, Value::Date(_) | Value::Time(..));
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        _ if is_time(left) || is_time(right) => Some(left.moment(zone)?.cmp(&right.moment(zone)?)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Whole(left), Value::Whole(right)) => Some(left.cmp(right)),
        (Value::Exact(_), Value::Exact(_) | Value::Whole(_)) | (Value::Whole(_), Value::Exact(_)) => {
            decimal::compare(&left.text()?, &right.text()?)
        }
        _ => left.real()?.partial_cmp(&right.real()?),
    }
}

/// `%` stands for any characters, `_` for one, a backslash before either for itself.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    match pattern_rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let rest = pattern_rest.as_str();
            let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            starts.into_iter().any(|at| like(&text[at..], rest))
        }
        Some(wanted) => {
            let escaped = wanted == '\\' && pattern_rest.as_str().starts_with(['%', '_', '\\']);
            let wanted = if escaped { pattern_rest.next().unwrap_or(wanted) } else { wanted };
            let mut text_rest = text.chars();
            let fits = text_rest.next().is_some_and(|found| found == wanted || (wanted == '_' && !escaped));
            fits && like(text_rest.as_str(), pattern_rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        let check = |text: &str, pattern: &str, expected: bool| {
            assert_eq!(like(text, pattern), expected, "{text} LIKE {pattern}");
        };
        check("abc", "a%", true);
        check("abc", "_b_", true);
        check("abc", "a_", false);
        check("", "%", true);
        check("a%c", "a\\%c", true);
        check("abc", "a\\%c", false);
        check("éa", "_a", true);
    }
}
