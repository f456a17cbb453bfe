//! `ReplaceField`: fewer fields, or other names for them.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, ConfigType, Importance, Text};

pub(super) const KIND: Kind = Kind {
    name: "ReplaceField",
    packages: &[KAFKA],
    doc: "leaves fields out, or renames them",
    keys: &[
        ConfigKey::optional("exclude", "")
            .of(ConfigType::List)
            .doc("fields to leave out; goes before `include`"),
        ConfigKey::optional("include", "").of(ConfigType::List).doc("fields to keep; all when none is named"),
        ConfigKey::optional("renames", "").of(ConfigType::List).doc("pairs `old:new`"),
        ConfigKey::optional("blacklist", "")
            .of(ConfigType::List)
            .importance(Importance::Low)
            .doc("older name of `exclude`"),
        ConfigKey::optional("whitelist", "")
            .of(ConfigType::List)
            .importance(Importance::Low)
            .doc("older name of `include`"),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct ReplaceField {
    side: Side,
    exclude: Vec<String>,
    include: Vec<String>,
    renames: Vec<(String, Text)>,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let names = |key, older| -> Vec<String> {
        options.list(key).into_iter().chain(options.list(older)).map(str::to_owned).collect()
    };
    let renames = options.list("renames").into_iter().map(|pair| match pair.split_once(':') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() && !new.contains(':') => {
            Ok((old.to_owned(), new.into()))
        }
        _ => Err(ConfigError::new("renames", format!("{pair:?} is not of the form old:new"))),
    });
    Ok(Box::new(ReplaceField {
        side,
        exclude: names("exclude", "blacklist"),
        include: names("include", "whitelist"),
        renames: renames.collect::<Result<_, _>>()?,
    }))
}

impl Transform for ReplaceField {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let Some(object) = record.part(self.side).object()? else { return Ok(Flow::Pass) };
        let named = |names: &[String], name: &[u8]| names.iter().any(|known| known.as_bytes() == name);
        if !self.exclude.is_empty() || !self.include.is_empty() {
            object.retain(|name| {
                !named(&self.exclude, name) && (self.include.is_empty() || named(&self.include, name))
            });
        }
        if !self.renames.is_empty() {
            let renamed = |name: &[u8]| self.renames.iter().find(|(old, _)| old.as_bytes() == name);
            object.rename(|_, name| renamed(name).map(|(_, new)| new.clone()))?;
        }
        Ok(Flow::Pass)
    }
}
