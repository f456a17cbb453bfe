//! The `columns` header: names of fields, and columns with the expressions that fill them.

use super::reader::{ExpressionError, Reader};
use crate::sql::{Kind, Token, tokens};

/// One item of the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::load) enum Item {
    /// The next field of a row.
    Field(String),
    /// A column, with the text of its expression.
    Mapped { column: String, expression: String },
}

/// Reads the header.
///
/// # Errors
/// [`ExpressionError::Syntax`] in the words of the server's parser.
pub(in crate::load) fn columns(header: &str) -> Result<Vec<Item>, ExpressionError> {
    let text = format!("COLUMNS ({header})");
    let all = tokens(&text);
    // Between the parentheses that were put around it.
    let inside = all.get(2..all.len().saturating_sub(1)).unwrap_or_default();
    let mut items = Vec::new();
    let mut rest = inside;
    loop {
        let reader = Reader::new(&text, rest);
        let Some(name) = rest.first().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted)) else {
            return Err(reader.unexpected("IDENTIFIER"));
        };
        let (part, behind) = first_item(rest);
        items.push(match &part[1..] {
            [] => Item::Field(name.value().into_owned()),
            [equals, first, ..] if equals.is_symbol("=") => {
                let end = part.last().map_or(first.start, Token::end);
                Item::Mapped {
                    column: name.value().into_owned(),
                    expression: text[first.start..end].to_owned(),
                }
            }
            [_, after @ ..] if part[1].is_symbol("=") => {
                return Err(Reader::new(&text, after).unexpected("an expression"));
            }
            other => return Err(Reader::new(&text, other).unexpected("COMMA, EQUAL")),
        });
        match behind {
            Some(behind) => rest = behind,
            None => return Ok(items),
        }
    }
}

/// The tokens up to the next comma outside parentheses, and those behind it.
fn first_item<'t, 'a>(all: &'t [Token<'a>]) -> (&'t [Token<'a>], Option<&'t [Token<'a>]>) {
    let mut depth = 0;
    for (at, token) in all.iter().enumerate() {
        depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        if depth == 0 && token.is_symbol(",") {
            return (&all[..at], Some(&all[at + 1..]));
        }
    }
    (all, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> Item {
        Item::Field(name.to_owned())
    }

    fn mapped(column: &str, expression: &str) -> Item {
        Item::Mapped { column: column.to_owned(), expression: expression.to_owned() }
    }

    #[test]
    fn items_are_fields_or_columns_with_expressions() {
        let check = |header: &str, expected: &[Item]| {
            assert_eq!(columns(header).as_deref(), Ok(expected), "{header}");
        };
        check("id, `a b`,c", &[field("id"), field("a b"), field("c")]);
        check("id,tmp, x = f(tmp, ',') + 1", &[field("id"), field("tmp"), mapped("x", "f(tmp, ',') + 1")]);
    }

    #[test]
    fn syntax_errors_point_at_what_is_wrong() {
        let check = |header: &str, expected: &str| {
            assert_eq!(columns(header).unwrap_err().to_string(), expected, "{header}");
        };
        check(
            "id,,name=(",
            "Syntax error in line 1:\nCOLUMNS (id,,name=()\n            ^\nEncountered: COMMA\nExpected: IDENTIFIER\n",
        );
        check(
            "id,",
            "Syntax error in line 1:\nCOLUMNS (id,)\n            ^\nEncountered: )\nExpected: IDENTIFIER\n",
        );
    }
}
