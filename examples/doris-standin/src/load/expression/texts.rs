//! Functions of texts. Lengths and positions count characters, but for `length`, which counts bytes.

use super::functions::{Function, MANY};
use super::value::Value;

/// They are all NULL where an argument is, but for `concat_ws`.
pub(super) const FUNCTIONS: &[Function] = &[
    Function::strict("concat", (1, MANY), |of, _| Some(Value::Text(all(of)?.concat()))),
    Function::any("concat_ws", (2, MANY), |of, _| {
        let separator = of[0].text()?;
        let parts: Vec<String> = of[1..].iter().filter_map(Value::text).collect();
        Some(Value::Text(parts.join(&separator)))
    }),
    Function::strict("upper", (1, 1), |of, _| changed(of, |text| text.to_uppercase())),
    Function::strict("ucase", (1, 1), |of, _| changed(of, |text| text.to_uppercase())),
    Function::strict("lower", (1, 1), |of, _| changed(of, |text| text.to_lowercase())),
    Function::strict("lcase", (1, 1), |of, _| changed(of, |text| text.to_lowercase())),
    Function::strict("trim", (1, 1), |of, _| changed(of, |text| text.trim_matches(' ').to_owned())),
    Function::strict("ltrim", (1, 1), |of, _| changed(of, |text| text.trim_start_matches(' ').to_owned())),
    Function::strict("rtrim", (1, 1), |of, _| changed(of, |text| text.trim_end_matches(' ').to_owned())),
    Function::strict("reverse", (1, 1), |of, _| changed(of, |text| text.chars().rev().collect())),
    Function::strict("replace", (3, 3), |of, _| {
        let (text, from, to) = (of[0].text()?, of[1].text()?, of[2].text()?);
        Some(Value::Text(if from.is_empty() { text } else { text.replace(&from, &to) }))
    }),
    Function::strict("substr", (2, 3), |of, _| part(of)),
    Function::strict("substring", (2, 3), |of, _| part(of)),
    Function::strict("left", (2, 2), |of, _| {
        let count = usize::try_from(of[1].whole()?).unwrap_or(0);
        changed(of, |text| text.chars().take(count).collect())
    }),
    Function::strict("right", (2, 2), |of, _| {
        let count = usize::try_from(of[1].whole()?).unwrap_or(0);
        changed(of, |text| text.chars().skip(text.chars().count().saturating_sub(count)).collect())
    }),
    Function::strict("split_part", (3, 3), |of, _| {
        let (text, separator) = (of[0].text()?, of[1].text()?);
        let at = usize::try_from(of[2].whole()?).ok()?.checked_sub(1)?;
        text.split(&separator).nth(at).map(|part| Value::Text(part.to_owned()))
    }),
    Function::strict("length", (1, 1), |of, _| count(of[0].text()?.len())),
    Function::strict("char_length", (1, 1), |of, _| count(of[0].text()?.chars().count())),
];

fn all(of: &[Value]) -> Option<Vec<String>> {
    of.iter().map(Value::text).collect()
}

fn changed(of: &[Value], change: impl FnOnce(&str) -> String) -> Option<Value> {
    of[0].text().map(|text| Value::Text(change(&text)))
}

fn count(number: usize) -> Option<Value> {
    i128::try_from(number).ok().map(Value::Whole)
}

/// `substr(text, from, count)`; the first character is 1, the last -1.
fn part(of: &[Value]) -> Option<Value> {
    let text = of[0].text()?;
    let length = i64::try_from(text.chars().count()).ok()?;
    let from = match of[1].whole()? {
        from @ 1.. => from - 1,
        // Before the first there is nothing, and at none either.
        from if from == 0 || -from > length => return Some(Value::Text(String::new())),
        from => length + from,
    };
    let count = of.get(2).map_or(Some(i64::MAX), Value::whole)?.max(0);
    let (from, count) = (usize::try_from(from).ok()?, usize::try_from(count).ok()?);
    Some(Value::Text(text.chars().skip(from).take(count).collect()))
}
