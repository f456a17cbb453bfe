//! Walks over tokens, for the statements parsed by hand.

use std::borrow::Cow;

use super::error::SqlError;
use super::lexer::{Kind, Token};

/// A position in a statement's tokens.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    sql: &'a str,
    tokens: &'a [Token<'a>],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(sql: &'a str, tokens: &'a [Token<'a>]) -> Self {
        Self { sql, tokens, at: 0 }
    }

    pub(crate) fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at)
    }

    pub(crate) fn next(&mut self) -> Option<&'a Token<'a>> {
        let token = self.tokens.get(self.at);
        self.at += usize::from(token.is_some());
        token
    }

    /// The tokens that are still to come.
    pub(crate) fn rest(&self) -> &'a [Token<'a>] {
        &self.tokens[self.at..]
    }

    pub(crate) fn is_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(crate) fn peek_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    /// Takes the next token if it is this word.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek_word(word);
        self.at += usize::from(found);
        found
    }

    /// Takes the next tokens if they are these words.
    pub(crate) fn eat_words(&mut self, words: &[&str]) -> bool {
        let found = words
            .iter()
            .enumerate()
            .all(|(index, word)| self.tokens.get(self.at + index).is_some_and(|token| token.is_word(word)));
        if found {
            self.at += words.len();
        }
        found
    }

    /// Takes the next token if it is this symbol.
    pub(crate) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_symbol(symbol));
        self.at += usize::from(found);
        found
    }

    pub(crate) fn expect_word(&mut self, word: &str) -> Result<(), SqlError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected(&format!("'{word}'"))) }
    }

    pub(crate) fn expect_symbol(&mut self, symbol: &str) -> Result<(), SqlError> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("'{symbol}'"))) }
    }

    /// Nothing may follow.
    pub(crate) fn expect_end(&self) -> Result<(), SqlError> {
        if self.is_end() { Ok(()) } else { Err(self.unexpected("{<EOF>, ';'}")) }
    }

    /// An identifier, bare or in backticks.
    pub(crate) fn identifier(&mut self) -> Result<String, SqlError> {
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Word | Kind::Quoted) => {
                self.at += 1;
                Ok(token.value().into_owned())
            }
            _ => Err(self.unexpected("IDENTIFIER")),
        }
    }

    /// `name`, `db.name` or `catalog.db.name`; the catalog must be `internal`.
    pub(crate) fn qualified(&mut self) -> Result<(Option<String>, String), SqlError> {
        let mut parts = vec![self.identifier()?];
        while self.eat_symbol(".") {
            parts.push(self.identifier()?);
        }
        let name = parts.pop().unwrap_or_default();
        let database = parts.pop();
        match parts.pop() {
            Some(catalog) if catalog != "internal" => {
                Err(SqlError::analysis(format_args!("Unknown catalog '{catalog}'")))
            }
            _ => Ok((database, name)),
        }
    }

    /// A quoted string.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>, SqlError> {
        match self.peek() {
            Some(token) if token.kind == Kind::Text => {
                self.at += 1;
                Ok(token.value())
            }
            _ => Err(self.unexpected("STRING_LITERAL")),
        }
    }

    /// A quoted string or a bare number, as text.
    pub(crate) fn literal(&mut self) -> Result<String, SqlError> {
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Text | Kind::Number) => {
                self.at += 1;
                Ok(token.value().into_owned())
            }
            _ => Err(self.unexpected("{STRING_LITERAL, INTEGER_VALUE}")),
        }
    }

    /// A whole number.
    pub(crate) fn number<N: std::str::FromStr>(&mut self) -> Result<N, SqlError> {
        match self.peek().and_then(|token| token.raw.parse().ok()) {
            Some(number) => {
                self.at += 1;
                Ok(number)
            }
            None => Err(self.unexpected("INTEGER_VALUE")),
        }
    }

    /// The tokens of a parenthesised group, without the parentheses. Ranges inside may open with `[` and close with `)`.
    pub(crate) fn group(&mut self) -> Result<&'a [Token<'a>], SqlError> {
        self.expect_symbol("(")?;
        let start = self.at;
        let mut depth = 1;
        while let Some(token) = self.next() {
            if token.is_symbol("(") || token.is_symbol("[") {
                depth += 1;
            } else if token.is_symbol(")") || token.is_symbol("]") {
                depth -= 1;
                if depth == 0 {
                    return Ok(&self.tokens[start..self.at - 1]);
                }
            }
        }
        Err(self.unexpected("')'"))
    }

    /// The statement's text from a token to before the next one to come.
    pub(crate) fn text_since(&self, first: &Token<'_>) -> &'a str {
        let end =
            self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(first.start, Token::end);
        self.sql.get(first.start..end).unwrap_or_default()
    }

    /// An error naming the next token.
    pub(crate) fn unexpected(&self, expected: &str) -> SqlError {
        let (at, found) = self.peek().map_or((self.sql.len(), "<EOF>"), |token| (token.start, token.raw));
        SqlError::unexpected(self.sql, at, found, expected)
    }

    /// A cursor over part of this statement.
    pub(crate) fn within(&self, tokens: &'a [Token<'a>]) -> Self {
        Self { sql: self.sql, tokens, at: 0 }
    }
}

/// Splits tokens at commas that stand outside parentheses.
pub(crate) fn split_commas<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0);
    for (index, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
        } else if depth == 0 && token.is_symbol(",") {
            parts.push(&tokens[start..index]);
            start = index + 1;
        }
    }
    parts.push(&tokens[start..]);
    parts
}
