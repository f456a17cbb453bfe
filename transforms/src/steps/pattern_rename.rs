//! `PatternRename`: other names for fields, by a pattern.

use super::{Kind, ROCKETMQ, Scope};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    names::NameMemo,
    nearest::hint,
    options::Options,
    pattern::{FLAGS, Finder, Replacement},
    record::OpenRecord,
};
use connector_api::{ConfigError, ConfigErrors, ConfigKey, ConfigType};

pub(super) const PATTERN: &str = "field.pattern";
pub(super) const PATTERN_FLAGS: &str = "field.pattern.flags";
pub(super) const REPLACEMENT: &str = "field.replacement";

pub(super) const KIND: Kind = Kind {
    name: "PatternRename",
    packages: &[ROCKETMQ],
    doc: "renames fields by a regular expression",
    keys: &[
        ConfigKey::required(PATTERN).doc("regular expression that is looked for in names"),
        ConfigKey::optional(PATTERN_FLAGS, "")
            .of(ConfigType::List)
            .doc("CASE_INSENSITIVE, COMMENTS, DOTALL, LITERAL, MULTILINE, UNIX_LINES"),
        ConfigKey::optional(REPLACEMENT, "")
            .doc("what takes the place of each match; `$1` is its first group"),
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct PatternRename {
    side: Side,
    finder: Finder,
    replacement: Replacement,
    names: NameMemo,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let flags = options.list(PATTERN_FLAGS);
    if let Some(unknown) = flags.iter().find(|flag| !FLAGS.contains(flag)) {
        let hint = hint(unknown, FLAGS);
        let problem = format!("{unknown:?} is none of {}{hint}", FLAGS.join(", "));
        return Err(ConfigError::new(PATTERN_FLAGS, problem).into());
    }
    let finder = options.parsed(PATTERN, |pattern| Finder::new(pattern, &flags))?;
    let replacement = options.parsed(REPLACEMENT, |text| Replacement::new(text, finder.regex()))?;
    Ok(Box::new(PatternRename { side, finder, replacement, names: NameMemo::default() }))
}

impl Transform for PatternRename {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        if let Some(object) = record.part(self.side).object()? {
            let (finder, replacement) = (&self.finder, &self.replacement);
            object.rename(|place, name| {
                self.names.of(place, name, |name| finder.replace_all(name, replacement))
            })?;
        }
        Ok(Flow::Pass)
    }
}
