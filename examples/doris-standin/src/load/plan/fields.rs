//! The fields of a row, and the columns that expressions fill.

use super::refusal::PlanError;
use super::{DELETE_SIGN, Settings};
use crate::load::expression::{self, Expression, Item};
use crate::store::{Column, KeyModel, SEQUENCE_COLUMN, Sequence, Table};

/// Where a column's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    Field(usize),
    Mapped(Expression),
    /// From nowhere: it has its default.
    Missing,
}

/// The fields by position, and the columns with expressions.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) fields: Vec<String>,
    mapped: Vec<(String, Expression)>,
    /// Whether the `columns` header says what there is.
    pub(super) is_given: bool,
    /// The number that the server gives the first field, as its messages show.
    slots: usize,
}

impl Mapping {
    /// Rows of these fields.
    pub(super) fn of_fields(fields: Vec<String>) -> Self {
        Self { fields, mapped: Vec::new(), is_given: true, slots: 0 }
    }

    /// Reads the headers; without names of fields they are the table's columns, and the hidden ones that were asked for.
    pub(super) fn read(table: &Table, settings: &Settings) -> Result<Self, PlanError> {
        let items = settings.columns.as_deref().map(expression::columns).transpose()?.unwrap_or_default();
        let mut expressions = Vec::new();
        let mut fields = Vec::new();
        for item in items {
            match item {
                Item::Field(name) => fields.push(name),
                Item::Mapped { column, expression } => expressions.push((column, expression)),
            }
        }
        let is_given = !fields.is_empty() || !expressions.is_empty();
        if fields.is_empty() {
            fields.extend(table.columns.iter().map(|column| column.name.clone()));
            fields.extend(settings.hidden_columns.iter().filter(|name| is_hidden(table, name)).cloned());
        }
        // Two tuples of the table come before the one of the fields.
        let mut mapping = Self { fields, mapped: Vec::new(), is_given, slots: table.columns.len() * 2 };
        for (column, text) in expressions {
            let expression = mapping.expression(&text, &|name| {
                let at = mapping.field(name).map(Expression::Field);
                at.ok_or_else(|| format!("unknown reference column, column={column}, reference={name}"))
            })?;
            mapping.mapped.push((column, expression));
        }
        Ok(mapping)
    }

    /// Where a column's value comes from; names know no case, and expressions come first.
    pub(super) fn origin(&self, column: &Column) -> Origin {
        self.origin_of(&column.name)
    }

    pub(super) fn origin_of(&self, name: &str) -> Origin {
        match self.mapped.iter().find(|(mapped, _)| mapped.eq_ignore_ascii_case(name)) {
            Some((_, expression)) => Origin::Mapped(expression.clone()),
            None => self.field(name).map_or(Origin::Missing, Origin::Field),
        }
    }

    /// A condition or value over the fields as they are in the table: cast to the types of the columns of their names.
    ///
    /// # Errors
    /// [`PlanError`] that begins with `unknown` and ends with the name of what is not there.
    pub(super) fn over_columns(
        &self,
        table: &Table,
        text: &str,
        unknown: &str,
    ) -> Result<Expression, PlanError> {
        self.expression(text, &|name| {
            let found = match self.origin_of(name) {
                Origin::Field(at) => Expression::Field(at),
                Origin::Mapped(expression) => expression,
                Origin::Missing => return Err(format!("{unknown}{name}")),
            };
            Ok(match table.position(name) {
                Some(at) => Expression::Cast(Box::new(found), table.columns[at].column_type.clone()),
                None => found,
            })
        })
    }

    fn expression(
        &self,
        text: &str,
        find: &dyn Fn(&str) -> Result<Expression, String>,
    ) -> Result<Expression, PlanError> {
        Ok(expression::condition("", text, self.slots, find)?)
    }

    fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.eq_ignore_ascii_case(name))
    }
}

/// Whether a table has this column without showing it; other names that are asked for are passed over.
fn is_hidden(table: &Table, name: &str) -> bool {
    (name.eq_ignore_ascii_case(DELETE_SIGN) && table.model == KeyModel::Unique)
        || (name.eq_ignore_ascii_case(SEQUENCE_COLUMN) && Sequence::of(table).is_some())
}
