//! `WHERE a = 'x' AND b LIKE 'y%' ORDER BY c DESC LIMIT 10` over the rows of a listing.

use std::cmp::Ordering;

use super::filter::like;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::store::Cell;

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Like,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, SqlError> {
        if cursor.eat_word("LIKE") {
            return Ok(Self::Like);
        }
        let symbols = [
            ("=", Self::Equal),
            ("!=", Self::NotEqual),
            ("<>", Self::NotEqual),
            ("<", Self::Less),
            ("<=", Self::LessOrEqual),
            (">", Self::Greater),
            (">=", Self::GreaterOrEqual),
        ];
        let found = symbols.into_iter().find(|(symbol, _)| cursor.eat_symbol(symbol));
        found.map(|(_, comparison)| comparison).ok_or_else(|| cursor.unexpected("{'=', 'LIKE'}"))
    }

    fn holds(self, found: &str, wanted: &str) -> bool {
        let order = found.cmp(wanted);
        match self {
            Self::Like => like(wanted, found),
            Self::Equal => found.eq_ignore_ascii_case(wanted),
            Self::NotEqual => !found.eq_ignore_ascii_case(wanted),
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

/// One comparison of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) column: String,
    pub(super) comparison: Comparison,
    pub(super) value: String,
}

/// What is left of a listing, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Narrowing {
    /// All must hold.
    pub(super) conditions: Vec<Condition>,
    /// Columns, and whether each goes downwards.
    order: Vec<(String, bool)>,
    offset: usize,
    limit: Option<usize>,
}

impl Narrowing {
    /// Reads it to the statement's end.
    pub(super) fn parse(mut cursor: Cursor<'_>) -> Result<Self, SqlError> {
        let mut found = Self::default();
        if cursor.eat_word("WHERE") {
            loop {
                let column = cursor.identifier()?;
                let comparison = Comparison::parse(&mut cursor)?;
                let value = cursor.literal()?;
                found.conditions.push(Condition { column, comparison, value });
                if !cursor.eat_word("AND") {
                    break;
                }
            }
        }
        if cursor.eat_words(&["ORDER", "BY"]) {
            loop {
                let column = cursor.identifier()?;
                let down = cursor.eat_word("DESC");
                if !down {
                    cursor.eat_word("ASC");
                }
                found.order.push((column, down));
                if !cursor.eat_symbol(",") {
                    break;
                }
            }
        }
        if cursor.eat_word("LIMIT") {
            let first = cursor.number()?;
            found.limit = Some(first);
            if cursor.eat_symbol(",") {
                found.offset = first;
                found.limit = Some(cursor.number()?);
            } else if cursor.eat_word("OFFSET") {
                found.offset = cursor.number()?;
            }
        }
        cursor.expect_end()?;
        Ok(found)
    }

    /// Leaves what is asked for.
    pub(super) fn apply(&self, mut set: ResultSet) -> Result<ResultSet, SqlError> {
        for condition in &self.conditions {
            let at = position(&set, &condition.column)?;
            set.rows.retain(|row| {
                let Cell::Text(found) = &row[at] else { return false };
                condition.comparison.holds(found, &condition.value)
            });
        }
        // The first column decides, so it is sorted by last.
        for (column, down) in self.order.iter().rev() {
            let at = position(&set, column)?;
            set.rows.sort_by(|left, right| {
                let order = compare(&left[at], &right[at]);
                if *down { order.reverse() } else { order }
            });
        }
        let count = self.limit.unwrap_or(usize::MAX);
        set.rows = set.rows.into_iter().skip(self.offset).take(count).collect();
        Ok(set)
    }
}

fn position(set: &ResultSet, name: &str) -> Result<usize, SqlError> {
    let at = set.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    at.ok_or_else(|| SqlError::analysis(format_args!("Title name[{name}] does not exist")))
}

fn compare(left: &Cell<'_>, right: &Cell<'_>) -> Ordering {
    match (left, right) {
        (Cell::Text(left), Cell::Text(right)) => match (left.parse::<i64>(), right.parse::<i64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => left.cmp(right),
        },
        (Cell::Text(_), _) => Ordering::Greater,
        (_, Cell::Text(_)) => Ordering::Less,
        _ => Ordering::Equal,
    }
}
