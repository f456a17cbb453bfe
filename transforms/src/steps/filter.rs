//! `Filter`: drops every record that it applies to, which its predicate decides.

use super::{KAFKA, Kind, Scope};
use crate::{
    chain::{Flow, Transform},
    error::Problem,
    record::OpenRecord,
};

pub(super) const KIND: Kind = Kind {
    name: "Filter",
    packages: &[KAFKA],
    doc: "drops the records that its predicate picks",
    keys: &[],
    scope: Scope::Record(|_| Ok(Box::new(Filter))),
};

#[derive(Debug)]
struct Filter;

impl Transform for Filter {
    fn apply(&mut self, _: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        Ok(Flow::Drop)
    }
}
