//! Arithmetic: whole numbers wrap as 64-bit ones, decimals stay exact where they can, everything else is floating.

use super::{Operator, Value};
use crate::load::decimal::Decimal;

/// The value of two operands; NULL where one is, or where it cannot be.
pub(super) fn combine(operator: Operator, left: &Value, right: &Value) -> Value {
    let found = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Whole(left), Value::Whole(right)) if operator != Operator::Divided => {
            whole(operator, *left, *right)
        }
        (Value::Exact(_), Value::Exact(_) | Value::Whole(_)) | (Value::Whole(_), Value::Exact(_))
            if operator != Operator::Divided && operator != Operator::Rest =>
        {
            exact(operator, left, right)
        }
        _ => real(operator, left, right),
    };
    found.unwrap_or(Value::Null)
}

fn whole(operator: Operator, left: i128, right: i128) -> Option<Value> {
    let number = match operator {
        Operator::Plus => left.checked_add(right)?,
        Operator::Minus => left.checked_sub(right)?,
        Operator::Times => left.checked_mul(right)?,
        Operator::Whole => left.checked_div(right)?,
        Operator::Rest => left.checked_rem(right)?,
        _ => return None,
    };
    #[allow(clippy::cast_possible_truncation)]
    let wrapped = number as i64;
    Some(Value::Whole(wrapped.into()))
}

fn exact(operator: Operator, left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = (Decimal::parse(&left.text()?)?, Decimal::parse(&right.text()?)?);
    let number = match operator {
        Operator::Plus => left.plus(right)?,
        Operator::Minus => left.plus(right.negative())?,
        Operator::Times => left.times(right)?,
        _ => return None,
    };
    Some(Value::Exact(number))
}

fn real(operator: Operator, left: &Value, right: &Value) -> Option<Value> {
    let (left, right) = (left.real()?, right.real()?);
    let by_zero = right == 0.0;
    Some(Value::Real(match operator {
        Operator::Plus => left + right,
        Operator::Minus => left - right,
        Operator::Times => left * right,
        Operator::Divided if !by_zero => left / right,
        Operator::Whole if !by_zero => (left / right).trunc(),
        Operator::Rest if !by_zero => left % right,
        _ => return None,
    }))
}
