//! The tokens of an expression, and what the server says where it did not expect one.

use crate::sql::{Kind, Token};

/// Why an expression is none, in the front end's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::load) enum ExpressionError {
    #[error("{0}")]
    Syntax(String),
    /// A field that is not there.
    #[error("{0}")]
    Field(String),
    #[error("Does not support non-builtin functions, or function does not exist: {0}")]
    Function(String),
}

/// The tokens of a text, one after the other.
#[derive(Clone)]
pub(super) struct Reader<'t, 'a> {
    text: &'t str,
    rest: &'t [Token<'a>],
}

impl<'t, 'a> Reader<'t, 'a> {
    pub(super) fn new(text: &'t str, rest: &'t [Token<'a>]) -> Self {
        Self { text, rest }
    }

    /// What the server says of the next token.
    pub(super) fn unexpected(&self, expected: &str) -> ExpressionError {
        let (at, found) = match self.rest.first() {
            Some(token) => (token.start, name(token)),
            None if self.text.ends_with(')') => (self.text.len() - 1, ")".to_owned()),
            None => (self.text.len(), "EOF".to_owned()),
        };
        let indent = " ".repeat(self.text[..at].chars().count());
        ExpressionError::Syntax(format!(
            "Syntax error in line 1:\n{}\n{indent}^\nEncountered: {found}\nExpected: {expected}\n",
            self.text
        ))
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.rest.first()
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'a>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        if found {
            self.next();
        }
        found
    }

    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_symbol(symbol));
        if found {
            self.next();
        }
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), ExpressionError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.unexpected(word)) }
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<(), ExpressionError> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.unexpected(symbol)) }
    }

    pub(super) fn number(&mut self) -> Result<u32, ExpressionError> {
        match self.peek().and_then(|token| token.raw.parse().ok()) {
            Some(number) => {
                self.next();
                Ok(number)
            }
            None => Err(self.unexpected("INTEGER LITERAL")),
        }
    }
}

/// What the server's scanner calls a token.
fn name(token: &Token<'_>) -> String {
    match token.kind {
        Kind::Word | Kind::Quoted => "IDENTIFIER".to_owned(),
        Kind::Text => "STRING LITERAL".to_owned(),
        Kind::Number if token.raw.contains('.') => "DECIMAL LITERAL".to_owned(),
        Kind::Number => "INTEGER LITERAL".to_owned(),
        _ if token.is_symbol(",") => "COMMA".to_owned(),
        _ => token.raw.to_owned(),
    }
}
