//! The transforms, a file each, and how a class is found by its name.

mod cast;
mod change_case;
mod class;
mod drop_headers;
mod extract_field;
mod extract_nested_field;
mod filter;
mod flatten;
mod header_from;
mod hoist_field;
mod insert_field;
mod insert_header;
mod mask_field;
mod pattern_filter;
mod pattern_rename;
mod regex_router;
mod replace_field;
mod set_maximum_precision;
mod set_null;
mod set_schema_metadata;
mod timestamp_converter;
mod timestamp_router;
mod value_to_key;

pub(crate) use class::{Class, InvalidClass, Kind};

use class::{KAFKA, ROCKETMQ, Scope};

/// All transforms, by name.
pub(crate) static TRANSFORMS: [Kind; 22] = [
    cast::KIND,
    change_case::KIND,
    drop_headers::KIND,
    extract_field::KIND,
    extract_nested_field::KIND,
    filter::KIND,
    flatten::KIND,
    header_from::KIND,
    hoist_field::KIND,
    insert_field::KIND,
    insert_header::KIND,
    mask_field::KIND,
    pattern_filter::KIND,
    pattern_rename::KIND,
    regex_router::KIND,
    replace_field::KIND,
    set_maximum_precision::KIND,
    set_null::KIND,
    set_schema_metadata::KIND,
    timestamp_converter::KIND,
    timestamp_router::KIND,
    value_to_key::KIND,
];
