//! `HeaderFrom`: fields as message properties.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, ConfigType, Headers};

pub(super) const KIND: Kind = Kind {
    name: "HeaderFrom",
    packages: &[KAFKA],
    doc: "copies or moves fields into message properties",
    keys: &[
        ConfigKey::required("fields").of(ConfigType::List).doc("the fields"),
        ConfigKey::required("headers")
            .of(ConfigType::List)
            .doc("a property for each of them, in the same order"),
        ConfigKey::required("operation")
            .of(ConfigType::OneOf(&["move", "copy"]))
            .doc("whether the fields go from where they were"),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct HeaderFrom {
    side: Side,
    /// Fields and properties.
    pairs: Vec<(String, String)>,
    operation: Operation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Copy,
    Move,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let (fields, headers) = (options.filled_list("fields")?, options.filled_list("headers")?);
    if fields.len() != headers.len() {
        let problem = format!("there are {} for {} fields", headers.len(), fields.len());
        return Err(ConfigError::new("headers", problem).into());
    }
    let checked = headers.iter().try_fold(Headers::default(), |headers, name| headers.with(name, ""));
    checked.map_err(|error| ConfigError::new("headers", error.to_string()))?;
    let pairs = fields.into_iter().zip(headers).map(|(field, header)| (field.to_owned(), header.to_owned()));
    let operation = if options.text("operation") == "move" { Operation::Move } else { Operation::Copy };
    Ok(Box::new(HeaderFrom { side, pairs: pairs.collect(), operation }))
}

impl Transform for HeaderFrom {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let mut headers = record.headers().clone();
        let Some(object) = record.part(self.side).object()? else { return Ok(Flow::Pass) };
        for (field, header) in &self.pairs {
            let found = object.find(field).and_then(|index| object.shown(index));
            if let Some(text) = found {
                headers = headers.with(header, &text)?;
            }
        }
        if self.operation == Operation::Move {
            object.retain(|name| !self.pairs.iter().any(|(field, _)| field.as_bytes() == name));
        }
        record.set_headers(headers);
        Ok(Flow::Pass)
    }
}
