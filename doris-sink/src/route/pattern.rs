//! Tables named after topics by a pattern.

use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};
use regex_lite::{Captures, Regex};

const REGEX: &str = "doris.topic2table.regex";
const REPLACEMENT: &str = "doris.topic2table.replacement";

/// A pattern for whole names of topics, and what their tables are called: as Kafka Connect's `RegexRouter` has it.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    regex: Regex,
    replacement: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Group(usize),
}

impl Pattern {
    /// Reads the two keys, which stand together or not at all.
    pub(super) fn read(config: &ConnectorConfig) -> Result<Option<Self>, ConfigErrors> {
        let given = |key| config.get(key).map(str::trim).filter(|value| !value.is_empty());
        match (given(REGEX), given(REPLACEMENT)) {
            (None, None) => Ok(None),
            (Some(regex), Some(replacement)) => Self::parse(regex, replacement).map(Some).map_err(Into::into),
            (Some(_), None) => {
                let problem =
                    format!("{REPLACEMENT} is missing: what such topics' tables are called, as in ods_$1");
                Err(ConfigError::new(REGEX, problem).into())
            }
            (None, Some(_)) => {
                Err(ConfigError::new(REPLACEMENT, format!("has no use without {REGEX}")).into())
            }
        }
    }

    fn parse(regex: &str, replacement: &str) -> Result<Self, ConfigError> {
        let whole = Regex::new(&format!("^(?:{regex})$"));
        // Without what was put around it the error would be about another text.
        let alone = Regex::new(regex).map_err(|e| ConfigError::new(REGEX, e.to_string()))?;
        let regex = whole.unwrap_or(alone);
        let replacement = pieces(replacement, &regex).map_err(|e| ConfigError::new(REPLACEMENT, e))?;
        Ok(Self { regex, replacement })
    }

    /// What the table of `topic` is called; `None` for a topic that does not match.
    pub(super) fn name(&self, topic: &str) -> Option<String> {
        let captures = self.regex.captures(topic)?;
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Group(number) => group(&captures, *number),
        };
        Some(self.replacement.iter().map(piece).collect())
    }
}

fn group(captures: &Captures<'_>, number: usize) -> String {
    captures.get(number).map_or_else(String::new, |found| found.as_str().to_owned())
}

/// `$1` and `${name}` stand for groups, `$$` for a dollar. As in Java a number ends where there is no such group, so that
/// `$1_x` and `$10` of a pattern with one group mean what they seem to.
fn pieces(replacement: &str, regex: &Regex) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = replacement;
    while let Some((text, after)) = rest.split_once('$') {
        pieces.push(Piece::Text(text.to_owned()));
        if let Some(after) = after.strip_prefix('$') {
            pieces.push(Piece::Text("$".to_owned()));
            rest = after;
            continue;
        }
        let (number, after) = match after.strip_prefix('{') {
            Some(braced) => {
                let (name, after) = braced.split_once('}').ok_or("a brace is not closed")?;
                (named(name, regex).ok_or_else(|| format!("the pattern has no group {name:?}"))?, after)
            }
            None => numbered(after, regex)?,
        };
        pieces.push(Piece::Group(number));
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

fn named(name: &str, regex: &Regex) -> Option<usize> {
    match name.parse::<usize>() {
        Ok(number) => Some(number).filter(|number| *number < regex.captures_len()),
        Err(_) => regex.capture_names().position(|known| known == Some(name)),
    }
}

fn numbered<'a>(after: &'a str, regex: &Regex) -> Result<(usize, &'a str), String> {
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let longest = (1..=digits).rev().find_map(|end| {
        let number = after[..end].parse().ok()?;
        (number < regex.captures_len()).then_some((number, &after[end..]))
    });
    longest.ok_or_else(|| match &after[..digits] {
        "" => {
            "a $ is followed by the number of a group, or by its name in braces, or by another $".to_owned()
        }
        number => format!("the pattern has no group {number}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(regex: &str, replacement: &str, topic: &str, expected: Result<Option<&str>, &str>) {
        let config = [(REGEX, regex), (REPLACEMENT, replacement)].into_iter().collect();
        let named = Pattern::read(&config).map(|pattern| pattern.unwrap().name(topic));
        let named = named.map_err(|e| e.to_string());
        match (&named, expected) {
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            _ => assert_eq!(named, expected.map(|name| name.map(str::to_owned)).map_err(str::to_owned)),
        }
    }

    #[test]
    fn groups_of_the_topic_name_the_table() {
        check("shop_(.*)", "ods_$1", "shop_orders", Ok(Some("ods_orders")));
        check("(\\w+)-(\\w+)", "$2_$1", "shop-orders", Ok(Some("orders_shop")));
        check("(?<db>\\w+)-(?<t>\\w+)", "${t}_x", "shop-orders", Ok(Some("orders_x")));
        check("a(b)?c", "t$1", "ac", Ok(Some("t")));
        check("(a).*", "${1}0$10$$", "abc", Ok(Some("a0a0$")));
    }

    #[test]
    fn the_whole_topic_has_to_match() {
        check("shop|shops", "t", "shops", Ok(Some("t")));
        check("shop", "t", "shops", Ok(None));
        check("a|b", "t", "xb", Ok(None));
    }

    #[test]
    fn what_is_no_pattern_is_named() {
        check("a(", "t", "", Err("doris.topic2table.regex: "));
        check("a", "$1", "", Err("doris.topic2table.replacement: the pattern has no group 1"));
        check("a", "${x}", "", Err("doris.topic2table.replacement: the pattern has no group \"x\""));
        check("a", "$", "", Err("doris.topic2table.replacement: a $ is followed by"));
        check("a", "${x", "", Err("doris.topic2table.replacement: a brace is not closed"));
        check("a", "", "", Err("doris.topic2table.regex: doris.topic2table.replacement is missing"));
        check("", "t", "", Err("doris.topic2table.replacement: has no use"));
    }
}
