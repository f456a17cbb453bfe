//! Expressions in the headers of a load: `columns`, `where`, `delete`.

mod arithmetic;
mod compare;
mod functions;
mod header;
mod parse;
mod reader;
mod texts;
mod times;
mod value;

pub(super) use header::{Item, columns};
pub(super) use parse::condition;
pub(super) use reader::ExpressionError;
pub(super) use value::Value;

use functions::Function;

use super::zone::ZoneOffset;
use crate::store::ColumnType;

/// An expression over the fields of a row, which are known by their positions.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Field(usize),
    Literal(Value),
    Not(Box<Self>),
    Binary(Box<Self>, Operator, Box<Self>),
    IsNull(Box<Self>),
    /// Whether the first is one of the others.
    In(Box<Self>, Vec<Self>),
    Like(Box<Self>, Box<Self>),
    /// What follows the first true condition, or the last.
    Case(Vec<(Self, Self)>, Option<Box<Self>>),
    Cast(Box<Self>, ColumnType),
    Call(Function, Vec<Self>),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Equal,
    NotEqual,
    /// Equal, or both NULL.
    Same,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divided,
    /// Division without a remainder.
    Whole,
    Rest,
}

impl Expression {
    /// The value, with fields from `field`; what cannot be is NULL.
    pub(super) fn evaluate(&self, zone: ZoneOffset, field: &dyn Fn(usize) -> Value) -> Value {
        let of = |inner: &Self| inner.evaluate(zone, field);
        match self {
            Self::Field(at) => field(*at),
            Self::Literal(value) => value.clone(),
            Self::Not(inner) => of(inner).truth().map_or(Value::Null, |truth| Value::Boolean(!truth)),
            Self::Binary(left, Operator::And, right) => compare::and(&of(left), &of(right)),
            Self::Binary(left, Operator::Or, right) => compare::or(&of(left), &of(right)),
            Self::Binary(left, operator, right) if operator.compares() => {
                compare::by(*operator, &of(left), &of(right), zone)
            }
            Self::Binary(left, operator, right) => arithmetic::combine(*operator, &of(left), &of(right)),
            Self::IsNull(inner) => Value::Boolean(of(inner).is_null()),
            Self::In(value, list) => {
                let value = of(value);
                let equal = list.iter().map(|item| compare::by(Operator::Equal, &value, &of(item), zone));
                equal.fold(Value::Boolean(false), |found, item| compare::or(&found, &item))
            }
            Self::Like(value, pattern) => match (of(value).text(), of(pattern).text()) {
                (Some(value), Some(pattern)) => Value::Boolean(compare::like(&value, &pattern)),
                _ => Value::Null,
            },
            Self::Case(branches, otherwise) => {
                let taken = branches.iter().find(|(condition, _)| of(condition).truth() == Some(true));
                let value = taken.map(|(_, value)| value).or(otherwise.as_deref());
                value.map_or(Value::Null, of)
            }
            Self::Cast(inner, column_type) => of(inner).cast(column_type, zone),
            Self::Call(function, arguments) => {
                let arguments: Vec<Value> = arguments.iter().map(of).collect();
                function.call(&arguments, zone)
            }
        }
    }
}

impl Operator {
    fn compares(self) -> bool {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, Same};
        matches!(self, Equal | NotEqual | Same | Less | LessOrEqual | Greater | GreaterOrEqual)
    }
}
