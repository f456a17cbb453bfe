//! The values that expressions work with.

use std::borrow::Cow;

use crate::load::cast::cast;
use crate::load::datetime::Moment;
use crate::load::decimal::Decimal;
use crate::load::number::{boolean, float};
use crate::load::source::Source;
use crate::load::zone::ZoneOffset;
use crate::store::{Cell, ColumnType};

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    Whole(i128),
    Exact(Decimal),
    Real(f64),
    Text(String),
    Date(Moment),
    /// With the digits of a second that it shows.
    Time(Moment, u8),
}

impl Value {
    /// A field as it came.
    pub(crate) fn of_source(source: Option<&Source<'_>>) -> Self {
        match source {
            None | Some(Source::Null) => Self::Null,
            Some(source) => Self::Text(source.clone().into_text().into_owned()),
        }
    }

    /// What a column holds.
    pub(crate) fn of_cell(cell: &Cell<'_>, column_type: &ColumnType) -> Self {
        match (cell, column_type) {
            (Cell::Null, _) => Self::Null,
            (Cell::Integer(number), ColumnType::Boolean) => Self::Boolean(*number != 0),
            (Cell::Integer(number), _) => Self::Whole((*number).into()),
            (Cell::Real(number), _) => Self::Real(*number),
            (Cell::Text(text), _) => Self::of_stored(text, column_type),
        }
    }

    fn of_stored(text: &str, column_type: &ColumnType) -> Self {
        let moment = |scale| Moment::parse(text, ZoneOffset::default(), scale);
        let read = match column_type {
            ColumnType::LargeInt => text.parse().ok().map(Self::Whole),
            ColumnType::Decimal { .. } => Decimal::parse(text).map(Self::Exact),
            ColumnType::Float | ColumnType::Double => float(text).map(Self::Real),
            ColumnType::Date => moment(0).map(Self::Date),
            ColumnType::DateTime { scale } => moment(*scale).map(|moment| Self::Time(moment, *scale)),
            _ => None,
        };
        read.unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// Whether it is true; `None` for what is neither.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(*truth),
            Self::Text(text) => boolean(text),
            other => other.real().map(|number| number != 0.0),
        }
    }

    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn real(&self) -> Option<f64> {
        match self {
            Self::Null | Self::Date(_) | Self::Time(..) => None,
            Self::Boolean(truth) => Some(f64::from(u8::from(*truth))),
            Self::Whole(number) => Some(*number as f64),
            Self::Exact(number) => number.to_string().parse().ok(),
            Self::Real(number) => Some(*number),
            Self::Text(text) => float(text),
        }
    }

    /// The value as a whole number, cut off.
    pub(crate) fn whole(&self) -> Option<i64> {
        let Cell::Integer(number) =
            cast(self.to_source()?, &ColumnType::BigInt, ZoneOffset::default()).ok()?
        else {
            return None;
        };
        Some(number)
    }

    pub(crate) fn moment(&self, zone: ZoneOffset) -> Option<Moment> {
        match self {
            Self::Date(moment) | Self::Time(moment, _) => Some(*moment),
            other => Moment::parse(&other.text()?, zone, 6),
        }
    }

    /// The value as text; `None` for NULL.
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Boolean(truth) => u8::from(*truth).to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Exact(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Date(moment) => moment.date(),
            Self::Time(moment, scale) => moment.date_time(*scale),
        })
    }

    /// The value as what a column reads; `None` for NULL.
    pub(crate) fn to_source(&self) -> Option<Source<'static>> {
        self.text().map(|text| Source::Text(Cow::Owned(text)))
    }

    /// The value as what a column of a type holds.
    pub(crate) fn cast(&self, column_type: &ColumnType, zone: ZoneOffset) -> Self {
        let Some(source) = self.to_source() else { return Self::Null };
        cast(source, column_type, zone).map_or(Self::Null, |cell| Self::of_cell(&cell, column_type))
    }
}
