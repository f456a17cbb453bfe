//! The sum of two values of one column, which the embedded engine cannot form for what it keeps as text.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};

use super::types::ColumnType;
use crate::load::decimal::Decimal;

/// How values of a column are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    /// Whole numbers of this many bits, which wrap around.
    Whole(u32),
    Real,
    Exact,
}

impl Sum {
    const ALL: [Self; 7] = [
        Self::Whole(8),
        Self::Whole(16),
        Self::Whole(32),
        Self::Whole(64),
        Self::Whole(128),
        Self::Real,
        Self::Exact,
    ];

    pub(super) fn of(column_type: &ColumnType) -> Self {
        match column_type {
            ColumnType::Boolean | ColumnType::TinyInt => Self::Whole(8),
            ColumnType::SmallInt => Self::Whole(16),
            ColumnType::Int => Self::Whole(32),
            ColumnType::BigInt => Self::Whole(64),
            ColumnType::LargeInt => Self::Whole(128),
            ColumnType::Decimal { .. } => Self::Exact,
            _ => Self::Real,
        }
    }

    /// The engine's function for it.
    pub(super) fn function(self) -> &'static str {
        match self {
            Self::Whole(8) => "standin_sum_8",
            Self::Whole(16) => "standin_sum_16",
            Self::Whole(32) => "standin_sum_32",
            Self::Whole(64) => "standin_sum_64",
            Self::Whole(_) => "standin_sum_128",
            Self::Real => "standin_sum_real",
            Self::Exact => "standin_sum_exact",
        }
    }

    fn add(self, left: ValueRef<'_>, right: ValueRef<'_>) -> Option<Value> {
        match self {
            Self::Whole(bits) => {
                let sum = whole(left)?.wrapping_add(whole(right)?);
                let unused = 128 - bits;
                let wrapped = sum << unused >> unused;
                Some(
                    i64::try_from(wrapped)
                        .ok()
                        .filter(|_| bits < 128)
                        .map_or_else(|| Value::Text(wrapped.to_string()), Value::Integer),
                )
            }
            Self::Real => Some(Value::Real(real(left)? + real(right)?)),
            Self::Exact => Some(Value::Text(exact(left)?.plus(exact(right)?)?.to_string())),
        }
    }
}

/// Makes the functions known to a connection; each is NULL where one of its values is.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    Sum::ALL.into_iter().try_for_each(|sum| {
        connection.create_scalar_function(sum.function(), 2, flags, move |context: &Context<'_>| {
            Ok(sum.add(context.get_raw(0), context.get_raw(1)).unwrap_or(Value::Null))
        })
    })
}

fn whole(value: ValueRef<'_>) -> Option<i128> {
    match value {
        ValueRef::Integer(number) => Some(number.into()),
        ValueRef::Text(_) => value.as_str().ok()?.parse().ok(),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss)]
fn real(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Real(number) => Some(number),
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Text(_) => value.as_str().ok()?.parse().ok(),
        _ => None,
    }
}

fn exact(value: ValueRef<'_>) -> Option<Decimal> {
    match value {
        ValueRef::Text(_) => Decimal::parse(value.as_str().ok()?),
        ValueRef::Integer(number) => Decimal::parse(&number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_and_wrap_as_their_type_does() {
        let text = |text: &'static str| ValueRef::Text(text.as_bytes());
        let check = |column: &ColumnType, left, right, expected: Value| {
            assert_eq!(Sum::of(column).add(left, right), Some(expected), "{column}");
        };
        let (most, one) = (ValueRef::Integer(i64::MAX), ValueRef::Integer(1));
        check(&ColumnType::BigInt, most, one, Value::Integer(i64::MIN));
        check(&ColumnType::TinyInt, ValueRef::Integer(127), one, Value::Integer(-128));
        let large = "170141183460469231731687303715884105726";
        check(&ColumnType::LargeInt, text(large), text("1"), Value::Text(i128::MAX.to_string()));
        check(&ColumnType::LargeInt, text("1"), text("2"), Value::Text("3".to_owned()));
        let decimal = ColumnType::Decimal { precision: 38, scale: 2 };
        let (left, right) = (text("123456789012345678901234567890.10"), text("0.20"));
        check(&decimal, left, right, Value::Text("123456789012345678901234567890.30".to_owned()));
        check(&ColumnType::Double, ValueRef::Real(0.5), ValueRef::Real(0.25), Value::Real(0.75));
        assert_eq!(Sum::Whole(64).add(ValueRef::Null, one), None);
    }
}
