//! Names for result columns whose text the rewriting changes: clients see them as they were written.

use crate::sql::lexer::{Kind, Token};

/// Names for the columns of the outermost query whose text the rewriting changes.
pub(super) fn aliases(sql: &str, tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    if !tokens.first().is_some_and(|token| token.is_word("SELECT")) {
        return Vec::new();
    }
    let mut depth = 0;
    let mut start = 1;
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate().skip(1) {
        depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        let ends_list =
            depth == 0 && ["FROM", "LIMIT", "WHERE", "ORDER", "UNION"].iter().any(|w| token.is_word(w));
        if ends_list || (depth == 0 && token.is_symbol(",")) {
            found.extend(alias(sql, tokens, start, index));
            start = index + 1;
        }
        if ends_list {
            return found;
        }
    }
    found.extend(alias(sql, tokens, start, tokens.len()));
    found
}

fn alias(sql: &str, tokens: &[Token<'_>], start: usize, end: usize) -> Option<(usize, String)> {
    let item = tokens.get(start..end)?;
    let (first, last) = (item.first()?, item.last()?);
    let calls =
        item.windows(3).any(|w| w[0].kind == Kind::Word && w[1].is_symbol("(") && w[2].is_symbol(")"));
    let changes = calls
        || item.iter().any(|token| matches!(token.kind, Kind::Variable | Kind::Text) || token.is_symbol("/"));
    let named = match item {
        [.., before, last] if matches!(last.kind, Kind::Word | Kind::Quoted | Kind::Text) => {
            !last.is_word("END") && (before.kind != Kind::Symbol || before.is_symbol(")"))
        }
        _ => false,
    };
    (changes && !named).then(|| (end - 1, sql[first.start..last.end()].to_owned()))
}
