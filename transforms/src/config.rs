//! From keys to steps: `transforms`, `transforms.<name>.*`, `predicates`, `predicates.<name>.*`.
//!
//! Everything wrong is found at once. What is defined and not listed is left alone, as operators switch transforms off that way.

mod errors;
mod named;

use crate::{
    chain::{Step, Transform},
    nearest::hint,
    options::Options,
    predicate::{Condition, PREDICATES, Predicate, PredicateKind},
    steps::{Class, InvalidClass},
};
use connector_api::{ConfigErrors, ConnectorConfig};
use errors::Errors;
use named::{Named, listed};
use std::collections::BTreeMap;

const PREDICATE: &str = "predicate";
const NEGATE: &str = "negate";

/// The predicates that are defined, by name; nothing for one that could not be made, whose error is known already.
type Defined<'c> = BTreeMap<&'c str, Option<Predicate>>;

/// The steps that `config` describes.
pub(crate) fn steps(config: &ConnectorConfig) -> Result<Vec<Step>, ConfigErrors> {
    let mut errors = Errors::default();
    let mut defined = Defined::new();
    for name in listed(config, "predicates", &mut errors) {
        let named = Named::read(config, "predicates", name);
        defined.insert(name, errors.keep(predicate(&named)));
    }
    let mut steps = Vec::new();
    for name in listed(config, "transforms", &mut errors) {
        let named = Named::read(config, "transforms", name);
        let made = errors.keep(transform(&named));
        let condition = errors.keep(condition(&named, &defined));
        if let (Some((class, transform)), Some(condition)) = (made, condition) {
            steps.push(Step { name: name.into(), class: class.to_string().into(), condition, transform });
        }
    }
    errors.into_result().map(|()| steps)
}

fn transform(named: &Named) -> Result<(Class, Box<dyn Transform>), ConfigErrors> {
    let (key, class) = named.class()?;
    let class = Class::find(class).map_err(|error: InvalidClass| named.error(key, error.to_string()))?;
    let definition = class.kind.definition();
    named.check(&definition, &[PREDICATE, NEGATE])?;
    let options = Options { definition: &definition, given: named.given() };
    let transform = class.make(&options).map_err(|errors| named.locate(errors))?;
    Ok((class, transform))
}

fn predicate(named: &Named) -> Result<Predicate, ConfigErrors> {
    let (key, class) = named.class()?;
    let is_it = |kind: &&PredicateKind| kind.plugin().classes.iter().any(|name| name == class);
    let Some(kind) = PREDICATES.iter().find(is_it) else {
        let names = PREDICATES.iter().map(|kind| kind.name);
        let known = names.clone().collect::<Vec<_>>().join(", ");
        let hint = hint(class.rsplit('.').next().unwrap_or(class), names);
        return Err(named
            .error(key, format!("{class:?} is no predicate known here{hint} There are {known}"))
            .into());
    };
    let definition = (kind.definition)();
    named.check(&definition, &[])?;
    let options = Options { definition: &definition, given: named.given() };
    (kind.make)(&options).map_err(|errors| named.locate(errors))
}

/// When the transform applies; always without a condition.
fn condition(named: &Named, defined: &Defined<'_>) -> Result<Option<Condition>, ConfigErrors> {
    let is_negated = match named.given().get(NEGATE).map(str::trim) {
        None => false,
        Some(text) if text.eq_ignore_ascii_case("true") => true,
        Some(text) if text.eq_ignore_ascii_case("false") => false,
        Some(text) => return Err(named.error(NEGATE, format!("{text:?} is neither true nor false")).into()),
    };
    let Some(name) = named.given().get(PREDICATE).map(str::trim).filter(|name| !name.is_empty()) else {
        if is_negated {
            return Err(named.error(NEGATE, "there is no predicate that could be negated").into());
        }
        return Ok(None);
    };
    match defined.get(name) {
        Some(predicate) => Ok(predicate.clone().map(|predicate| Condition { predicate, is_negated })),
        None => {
            let hint = hint(name, defined.keys().copied());
            let problem = format!("no predicate called {name:?} is listed in `predicates`{hint}");
            Err(named.error(PREDICATE, problem).into())
        }
    }
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
