//! `InsertHeader`: a fixed text as a message property.

use super::{KAFKA, Kind, Scope};
use crate::{
    chain::{Flow, Transform},
    error::Problem,
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, Headers};

pub(super) const KIND: Kind = Kind {
    name: "InsertHeader",
    packages: &[KAFKA],
    doc: "sets a message property to a fixed text",
    keys: &[
        ConfigKey::required("header").doc("the property"),
        ConfigKey::required("value.literal").doc("the text"),
    ],
    scope: Scope::Record(make),
};

#[derive(Debug)]
struct InsertHeader {
    header: String,
    value: String,
}

fn make(options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let (header, value) = (options.text("header").to_owned(), options.verbatim("value.literal").to_owned());
    Headers::default()
        .with(&header, &value)
        .map_err(|error| ConfigError::new("header", error.to_string()))?;
    Ok(Box::new(InsertHeader { header, value }))
}

impl Transform for InsertHeader {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let headers = record.headers().with(&self.header, &self.value)?;
        record.set_headers(headers);
        Ok(Flow::Pass)
    }
}
