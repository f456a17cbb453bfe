//! What takes the place of a match, in the notation of Java's `Matcher.replaceAll`: `$1`, `${name}`, and a backslash before what is
//! meant as it stands.

use regex_lite::{Captures, Regex};
use std::{iter::Peekable, str::Chars};

/// Pieces of text and groups of the match.
#[derive(Debug, Clone)]
pub(crate) struct Replacement(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Group(usize),
}

/// A replacement that cannot be for this expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidReplacement {
    #[error("the expression has no group {0}")]
    NoGroup(String),
    #[error(
        "a $ has to be followed by the number of a group or by a name in braces; for the sign itself write \\$"
    )]
    Dollar,
    #[error("nothing follows the backslash at the end")]
    Backslash,
}

impl Replacement {
    /// Reads a replacement for matches of `regex`.
    pub(crate) fn new(text: &str, regex: &Regex) -> Result<Self, InvalidReplacement> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '\\' => plain.push(chars.next().ok_or(InvalidReplacement::Backslash)?),
                '$' => {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    pieces.push(Piece::Group(group(&mut chars, regex)?));
                }
                other => plain.push(other),
            }
        }
        pieces.push(Piece::Text(plain));
        Ok(Self(pieces))
    }

    pub(crate) fn expand(&self, captures: &Captures<'_>, out: &mut String) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                // Java puts nothing for a group that took no part in the match.
                Piece::Group(group) => out.push_str(captures.get(*group).map_or("", |found| found.as_str())),
            }
        }
    }
}

fn group(chars: &mut Peekable<Chars<'_>>, regex: &Regex) -> Result<usize, InvalidReplacement> {
    if chars.next_if_eq(&'{').is_some() {
        let name: String = chars.by_ref().take_while(|char| *char != '}').collect();
        let found = regex.capture_names().position(|group| group == Some(name.as_str()));
        return found.ok_or(InvalidReplacement::NoGroup(name));
    }
    let digit = |char: Option<&char>| char.and_then(|char| char.to_digit(10)).map(|digit| digit as usize);
    let mut number = digit(chars.peek()).ok_or(InvalidReplacement::Dollar)?;
    chars.next();
    if number >= regex.captures_len() {
        return Err(InvalidReplacement::NoGroup(number.to_string()));
    }
    // As many digits as there are groups for; the rest is text.
    while let Some(longer) = digit(chars.peek()).map(|digit| number * 10 + digit) {
        if longer >= regex.captures_len() {
            break;
        }
        number = longer;
        chars.next();
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(replacement: &str, expected: Result<&str, InvalidReplacement>) {
        let regex = Regex::new("(?<first>a)(b)?").unwrap();
        let found = Replacement::new(replacement, &regex).map(|replacement| {
            let mut out = String::new();
            replacement.expand(&regex.captures("a").unwrap(), &mut out);
            out
        });
        assert_eq!(found.as_deref().map_err(Clone::clone), expected);
    }

    #[test]
    fn groups_go_by_number_and_by_name() {
        check("<$1>", Ok("<a>"));
        check("<$0$2>", Ok("<a>"));
        check("$10", Ok("a0"));
        check("$1st", Ok("ast"));
        check("${first}!", Ok("a!"));
        check("\\$1\\\\", Ok("$1\\"));
        check("", Ok(""));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        check("$3", Err(InvalidReplacement::NoGroup("3".into())));
        check("${second}", Err(InvalidReplacement::NoGroup("second".into())));
        check("US$", Err(InvalidReplacement::Dollar));
        check("a\\", Err(InvalidReplacement::Backslash));
    }
}
