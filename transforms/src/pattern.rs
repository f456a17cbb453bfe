//! Regular expressions in Java's notation, as far as it is the one of `regex-lite`: without look-around and back-references.
//!
//! As in Java, `\w`, `\d` and case go by ASCII.

mod replacement;

pub(crate) use replacement::Replacement;

use regex_lite::Regex;

/// A text is no expression that is known here.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "{pattern:?} is no regular expression known here: {reason} (look-around and back-references are not)"
)]
pub(crate) struct InvalidPattern {
    pattern: String,
    reason: String,
}

/// An expression for whole texts, as Java's `Matcher.matches` takes it.
#[derive(Debug, Clone)]
pub(crate) struct WholeMatch(Regex);

impl WholeMatch {
    pub(crate) fn new(pattern: &str) -> Result<Self, InvalidPattern> {
        // By itself first, so that what is wrong with it is not blamed on the brackets.
        compile(pattern)?;
        compile(&format!("^(?:{pattern})$")).map(Self)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// What `replacement` makes of a text that matches.
    pub(crate) fn replace(&self, text: &str, replacement: &Replacement) -> Option<String> {
        let captures = self.0.captures(text)?;
        let mut out = String::new();
        replacement.expand(&captures, &mut out);
        Some(out)
    }

    pub(crate) fn regex(&self) -> &Regex {
        &self.0
    }
}

/// An expression that is looked for in texts.
#[derive(Debug, Clone)]
pub(crate) struct Finder(Regex);

impl Finder {
    /// An expression with flags by the names of Java's constants.
    pub(crate) fn new(pattern: &str, flags: &[&str]) -> Result<Self, InvalidPattern> {
        if flags.contains(&"LITERAL") {
            return compile(&regex_lite::escape(pattern)).map(Self);
        }
        let letters: String = flags.iter().filter_map(|flag| letter(flag)).collect();
        let prefix = if letters.is_empty() { letters } else { format!("(?{letters})") };
        compile(&format!("{prefix}{pattern}")).map(Self)
    }

    /// The text with every place that is found replaced; `None` when none is.
    pub(crate) fn replace_all(&self, text: &str, replacement: &Replacement) -> Option<String> {
        if !self.0.is_match(text) {
            return None;
        }
        let mut out = String::new();
        let mut end = 0;
        for captures in self.0.captures_iter(text) {
            let Some(found) = captures.get(0) else { continue };
            out.push_str(&text[end..found.start()]);
            replacement.expand(&captures, &mut out);
            end = found.end();
        }
        out.push_str(&text[end..]);
        Some(out)
    }

    pub(crate) fn regex(&self) -> &Regex {
        &self.0
    }
}

/// Flags of `java.util.regex.Pattern` that are known here.
pub(crate) const FLAGS: [&str; 6] =
    ["CASE_INSENSITIVE", "COMMENTS", "DOTALL", "LITERAL", "MULTILINE", "UNIX_LINES"];

fn letter(flag: &str) -> Option<char> {
    match flag {
        "CASE_INSENSITIVE" => Some('i'),
        "COMMENTS" => Some('x'),
        "DOTALL" => Some('s'),
        "MULTILINE" => Some('m'),
        // Lines end with a line feed here in any case.
        _ => None,
    }
}

fn compile(pattern: &str) -> Result<Regex, InvalidPattern> {
    Regex::new(pattern)
        .map_err(|error| InvalidPattern { pattern: pattern.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_texts_match() {
        let pattern = WholeMatch::new("a|b+").unwrap();
        assert!(pattern.matches("bb") && pattern.matches("a"));
        assert!(!pattern.matches("ab") && !pattern.matches("a\n") && !pattern.matches(""));
    }

    #[track_caller]
    fn check(pattern: &str, flags: &[&str], replacement: &str, text: &str, expected: Option<&str>) {
        let finder = Finder::new(pattern, flags).unwrap();
        let replacement = Replacement::new(replacement, finder.regex()).unwrap();
        assert_eq!(finder.replace_all(text, &replacement).as_deref(), expected);
    }

    #[test]
    fn every_place_is_replaced() {
        check("o", &[], "0", "foo", Some("f00"));
        check("(\\w)_(\\w)", &[], "$2-$1", "a_b c_d", Some("b-a d-c"));
        check("x", &[], "y", "foo", None);
        check("^", &[], "p_", "a", Some("p_a"));
        check("a", &[], "", "a", Some(""));
    }

    #[test]
    fn flags_are_javas() {
        check("ID", &["CASE_INSENSITIVE"], "key", "user_id", Some("user_key"));
        check("a.b", &["LITERAL"], "x", "axb a.b", Some("axb x"));
        check("a . b # three", &["COMMENTS"], "x", "a-b", Some("x"));
        check("a.b", &["DOTALL"], "x", "a\nb", Some("x"));
        check("^b", &["MULTILINE"], "x", "a\nb", Some("a\nx"));
    }

    #[test]
    fn what_is_not_known_is_refused_with_the_reason() {
        let error = WholeMatch::new("(?=a)").unwrap_err().to_string();
        assert!(error.starts_with("\"(?=a)\" is no regular expression known here: "), "{error}");
        assert!(error.contains("look-around"), "{error}");
    }
}
