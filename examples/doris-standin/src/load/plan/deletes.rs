//! Which rows delete: all, none, those that fulfil a condition, or those whose sign says so.

use super::fields::{Mapping, Origin};
use super::refusal::{PlanError, Rejected};
use super::{DELETE_SIGN, Settings};
use crate::load::expression::{Expression, Value};
use crate::load::settings::MergeType;
use crate::load::source::Source;
use crate::load::zone::ZoneOffset;
use crate::store::{ColumnType, KeyModel, Table};

/// Which rows delete.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deletes {
    Never,
    Always,
    /// Those for which this is true.
    If(Expression),
    /// Those whose delete sign is 1.
    Sign(Expression),
}

/// Refuses merges into tables that cannot delete by key.
pub(super) fn check(table: &Table) -> Result<(), PlanError> {
    match table.model {
        KeyModel::Unique => Ok(()),
        _ => Err(PlanError::new("load by MERGE or DELETE is only supported in unique tables.")),
    }
}

impl Deletes {
    pub(super) fn read(table: &Table, settings: &Settings, mapping: &Mapping) -> Result<Self, PlanError> {
        match &settings.merge_type {
            Some(MergeType::Delete) => Ok(Self::Always),
            Some(MergeType::Merge { condition }) => {
                let unknown = "unknown reference column in DELETE ON clause:";
                mapping.over_columns(table, condition, unknown).map(Self::If)
            }
            None if table.model != KeyModel::Unique => Ok(Self::Never),
            None => Ok(match mapping.origin_of(DELETE_SIGN) {
                Origin::Field(at) => Self::Sign(Expression::Field(at)),
                Origin::Mapped(expression) => Self::Sign(expression),
                Origin::Missing => Self::Never,
            }),
        }
    }

    /// Whether a row of these fields deletes.
    pub(super) fn of(&self, fields: &[Option<Source<'_>>], zone: ZoneOffset) -> Result<bool, Rejected> {
        let evaluate =
            |expression: &Expression| expression.evaluate(zone, &|at| Value::of_source(fields[at].as_ref()));
        match self {
            Self::Never => Ok(false),
            Self::Always => Ok(true),
            Self::If(condition) => Ok(evaluate(condition).truth() == Some(true)),
            // A row that does not say has the sign's default.
            Self::Sign(Expression::Field(at)) if fields[*at].is_none() => Ok(false),
            Self::Sign(sign) => match evaluate(sign).cast(&ColumnType::TinyInt, zone) {
                Value::Whole(sign) => Ok(sign == 1),
                _ => Err(Rejected::Null { column: DELETE_SIGN.to_owned() }),
            },
        }
    }
}
