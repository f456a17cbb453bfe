//! The partitions of a table: those that a load names must be there, and a row must belong to one.

use super::Settings;
use super::refusal::{PlanError, Rejected};
use crate::load::expression::{Expression, Operator, Value};
use crate::load::zone::ZoneOffset;
use crate::sql::{Kind, Token, tokens};
use crate::store::{Cell, ColumnType, Table};

/// Which rows have a partition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Partitions {
    /// All: there is one partition, or partitions come as rows need them, or by rules that are not known here.
    Any,
    /// Those for which one of these is true.
    Of(Vec<Expression>),
}

impl Partitions {
    /// The partitions that a load is for.
    ///
    /// # Errors
    /// [`PlanError`] for one that the table does not have; it never has temporary ones.
    pub(super) fn read(table: &Table, settings: &Settings) -> Result<Self, PlanError> {
        let known = Known::read(table);
        let has = |name: &String| known.iter().any(|known| known.name.eq_ignore_ascii_case(name));
        let unknown = settings.partitions.iter().find(|name| !has(name));
        if let Some(name) = unknown.or(settings.temporary_partitions.first()) {
            return Err(PlanError::new(format!("Unknown partition '{name}' in table '{}'", table.name)));
        }
        let wanted = |known: &&Known| {
            settings.partitions.is_empty()
                || settings.partitions.iter().any(|name| known.name.eq_ignore_ascii_case(name))
        };
        Ok(Self::among(table, known.iter().filter(wanted)))
    }

    /// All partitions of a table.
    pub(super) fn of(table: &Table) -> Self {
        Self::among(table, Known::read(table).iter())
    }

    fn among<'k>(table: &Table, known: impl Iterator<Item = &'k Known>) -> Self {
        let clause = table.partition.as_deref().unwrap_or_default();
        let grows = tokens(clause).first().is_none_or(|first| first.is_word("AUTO"))
            || table.property("dynamic_partition.enable").is_some_and(|on| on.eq_ignore_ascii_case("true"));
        let rules: Option<Vec<Expression>> = known.map(|known| known.rule.clone()).collect();
        rules.filter(|_| !grows).map_or(Self::Any, Self::Of)
    }

    /// Whether a row has a partition.
    pub(super) fn check(&self, table: &Table, cells: &[Cell<'_>]) -> Result<(), Rejected> {
        let Self::Of(rules) = self else { return Ok(()) };
        let value = |at: usize| Value::of_cell(&cells[at], &table.columns[at].column_type);
        let zone = ZoneOffset::default();
        if rules.iter().any(|rule| rule.evaluate(zone, &value).truth() == Some(true)) {
            return Ok(());
        }
        let shown = |at| value(at).text().unwrap_or_else(|| "NULL".to_owned());
        let row: Vec<String> = (0..cells.len()).map(shown).collect();
        Err(Rejected::NoPartition { row: row.join(" ") })
    }
}

/// A partition as it is declared.
struct Known {
    name: String,
    /// What is true of its rows; `None` where that is not understood.
    rule: Option<Expression>,
}

impl Known {
    /// The partitions in the table's clause; a table without a clause has one that bears its own name.
    fn read(table: &Table) -> Vec<Self> {
        let Some(clause) = &table.partition else {
            return vec![Self { name: table.name.clone(), rule: None }];
        };
        let all = tokens(clause);
        let key = key(table, &all);
        let starts = (1..all.len()).filter(|&at| is_declaration(&all[at..]));
        let starts: Vec<usize> = starts.collect();
        let mut below = None;
        let mut known = Vec::new();
        for (index, &start) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(all.len());
            let (name, values) = named(&all[start + 1..end]);
            let rule = key.and_then(|(at, column_type)| rule(values, at, column_type, &mut below));
            known.extend(name.map(|name| Self { name, rule }));
        }
        known
    }
}

fn is_declaration(rest: &[Token<'_>]) -> bool {
    rest[0].is_word("PARTITION") && rest.get(1).is_some_and(|next| !next.is_word("BY"))
}

/// The only column that rows are parted by.
fn key<'t>(table: &'t Table, all: &[Token<'_>]) -> Option<(usize, &'t ColumnType)> {
    let open = all.iter().position(|token| token.is_symbol("("))?;
    let [name, close, ..] = &all[open + 1..] else { return None };
    let at = table.position(&name.value()).filter(|_| close.is_symbol(")"))?;
    Some((at, &table.columns[at].column_type))
}

/// The name behind PARTITION, and what follows it.
fn named<'t, 'a>(rest: &'t [Token<'a>]) -> (Option<String>, &'t [Token<'a>]) {
    let skipped = if rest.first().is_some_and(|token| token.is_word("IF")) { 3 } else { 0 };
    match rest.get(skipped..) {
        Some([name, values @ ..]) if matches!(name.kind, Kind::Word | Kind::Quoted) => {
            (Some(name.value().into_owned()), values)
        }
        _ => (None, &[]),
    }
}

/// What `VALUES …` says of a column; `below` is where the partition before ended.
fn rule(
    values: &[Token<'_>],
    column: usize,
    column_type: &ColumnType,
    below: &mut Option<Value>,
) -> Option<Expression> {
    let literal = |token: &Token<'_>| {
        let value = Value::Text(token.value().into_owned()).cast(column_type, ZoneOffset::default());
        Expression::Literal(value)
    };
    let literals = |tokens: &[Token<'_>]| -> Vec<Expression> {
        let is_value = |token: &&Token<'_>| matches!(token.kind, Kind::Text | Kind::Number);
        tokens.iter().filter(is_value).map(literal).collect()
    };
    let (values, rest) = values.split_first()?;
    let field = || Box::new(Expression::Field(column));
    let from = |low| Expression::Binary(field(), Operator::GreaterOrEqual, Box::new(low));
    let to = |high| Expression::Binary(field(), Operator::Less, Box::new(high));
    let both = |left, right| Expression::Binary(Box::new(left), Operator::And, Box::new(right));
    let is_negative = rest.iter().any(|token| token.is_symbol("-"));
    if !values.is_word("VALUES") || is_negative {
        return None;
    }
    match rest {
        [within, list @ ..] if within.is_word("IN") => Some(Expression::In(field(), literals(list))),
        [less, than, most, ..]
            if less.is_word("LESS") && than.is_word("THAN") && most.is_word("MAXVALUE") =>
        {
            Some(
                below
                    .take()
                    .map_or(Expression::Literal(Value::Boolean(true)), |low| from(Expression::Literal(low))),
            )
        }
        [less, than, high @ ..] if less.is_word("LESS") && than.is_word("THAN") => {
            let [high @ Expression::Literal(value)] = &literals(high)[..] else { return None };
            // What is NULL is below everything.
            let low = match below.replace(value.clone()) {
                Some(low) => return Some(both(from(Expression::Literal(low)), to(high.clone()))),
                None => Expression::IsNull(field()),
            };
            Some(Expression::Binary(Box::new(low), Operator::Or, Box::new(to(high.clone()))))
        }
        [open, range @ ..] if open.is_symbol("[") => {
            let [low, high] = &literals(range)[..] else { return None };
            Some(both(from(low.clone()), to(high.clone())))
        }
        _ => None,
    }
}
