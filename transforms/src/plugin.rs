//! What classes there are, for whoever lists them.

use crate::{
    predicate::{PREDICATES, PredicateKind},
    steps::{Kind, TRANSFORMS},
};
use connector_api::ConfigDef;

/// A class of transforms or predicates.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plugin {
    /// The short name, without `$Key` or `$Value`.
    pub name: &'static str,
    /// Every name that the class goes by, the full ones first.
    pub classes: Vec<String>,
    /// What it does, in a line.
    pub doc: &'static str,
    /// Its options, without `transforms.<name>.` before them.
    pub definition: ConfigDef,
}

/// All transforms, by name.
pub fn transforms() -> Vec<Plugin> {
    TRANSFORMS.iter().map(Kind::plugin).collect()
}

/// All predicates, by name.
pub fn predicates() -> Vec<Plugin> {
    PREDICATES.iter().map(PredicateKind::plugin).collect()
}
