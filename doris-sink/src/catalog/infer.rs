//! Which type a column gets for what is to be stored in it.
//!
//! A type is chosen so that every value fits that is like the one seen; what cannot be known yet (`null`) gets no column.

mod json;
mod schema;

pub(super) use json::columns_of_json;
pub(super) use schema::columns_of_schema;

use super::DorisType;

/// The type that holds what `a` and `b` hold.
pub(super) fn common(a: DorisType, b: DorisType) -> DorisType {
    use DorisType::{BigInt, Double, Json, LargeInt};
    match (a, b) {
        (a, b) if a == b => a,
        (BigInt | LargeInt, BigInt | LargeInt) => LargeInt,
        (BigInt | LargeInt | Double, BigInt | LargeInt | Double) => Double,
        (DorisType::Array(a), DorisType::Array(b)) => array_of(common(*a, *b)),
        _ => Json,
    }
}

/// An array of `items`; arrays of anything are JSON.
fn array_of(items: DorisType) -> DorisType {
    match items {
        DorisType::Json => DorisType::Json,
        items => DorisType::Array(Box::new(items)),
    }
}
