//! `DropHeaders`: fewer message properties.

use super::{KAFKA, Kind, Scope};
use crate::{
    chain::{Flow, Transform},
    error::Problem,
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigErrors, ConfigKey, ConfigType};

pub(super) const KIND: Kind = Kind {
    name: "DropHeaders",
    packages: &[KAFKA],
    doc: "takes message properties away",
    keys: &[ConfigKey::required("headers").of(ConfigType::List).doc("the properties")],
    scope: Scope::Record(make),
};

#[derive(Debug)]
struct DropHeaders(Vec<String>);

fn make(options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let names = options.filled_list("headers")?;
    Ok(Box::new(DropHeaders(names.into_iter().map(str::to_owned).collect())))
}

impl Transform for DropHeaders {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let headers =
            record.headers().without(|name| self.0.iter().any(|unwanted| unwanted.as_bytes() == name));
        record.set_headers(headers);
        Ok(Flow::Pass)
    }
}
