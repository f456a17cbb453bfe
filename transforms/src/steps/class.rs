//! Classes by name: `RegexRouter`, `Cast$Key`, or with the Java package before it.

use crate::{chain::Transform, error::Side, nearest::hint, options::Options, plugin::Plugin};
use connector_api::{ConfigDef, ConfigErrors, ConfigKey, ConfigType, Importance};
use std::fmt;

pub(super) const KAFKA: &str = "org.apache.kafka.connect.transforms.";
pub(super) const ROCKETMQ: &str = "org.apache.rocketmq.connect.transforms.";

type Made = Result<Box<dyn Transform>, ConfigErrors>;
type Make = fn(&Options<'_>) -> Made;
type MakeForSide = fn(Side, &Options<'_>) -> Made;

/// One class of transforms.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(super) name: &'static str,
    /// Where Java has it.
    pub(super) packages: &'static [&'static str],
    pub(super) doc: &'static str,
    pub(super) keys: &'static [ConfigKey],
    pub(super) scope: Scope,
}

/// What a class works on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope {
    /// The record as a whole.
    Record(Make),
    /// Key or value, as `$Key` or `$Value` says.
    Part(MakeForSide),
}

/// What Kafka Connect has an option for in most classes, and what there is no need for where schemas have no defaults.
pub(super) const NULL_WITH_DEFAULT: ConfigKey = ConfigKey::optional("replace.null.with.default", "true")
    .of(ConfigType::Boolean)
    .importance(Importance::Low)
    .doc("without effect: schemas have no default values here");

impl Kind {
    pub(crate) fn definition(&self) -> ConfigDef {
        self.keys.iter().cloned().fold(ConfigDef::new(), ConfigDef::key)
    }

    pub(crate) fn plugin(&self) -> Plugin {
        let suffixes: &[&str] = match self.scope {
            Scope::Record(_) => &[""],
            Scope::Part(_) => &["$Key", "$Value"],
        };
        let full = self.packages.iter().copied().chain([""]);
        let classes = full
            .flat_map(|package| suffixes.iter().map(move |suffix| format!("{package}{}{suffix}", self.name)));
        Plugin { name: self.name, classes: classes.collect(), doc: self.doc, definition: self.definition() }
    }
}

/// A class, and what it is to work on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Class {
    pub(crate) kind: &'static Kind,
    side: Option<Side>,
}

/// A name is that of no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidClass {
    #[error("{class:?} is no transform known here{hint}")]
    Unknown { class: String, hint: String },
    #[error("{class:?} works on the record as a whole: leave out ${suffix}")]
    HasNoSides { class: &'static str, suffix: String },
    #[error("{class:?} is no part of a record: there are $Key and $Value")]
    NoSide { class: String },
}

impl Class {
    /// The class called `name`. One that works on key or value works on the value when the name does not say.
    pub(crate) fn find(name: &str) -> Result<Self, InvalidClass> {
        let (outer, suffix) =
            name.split_once('$').map_or((name, None), |(outer, suffix)| (outer, Some(suffix)));
        let is_it = |kind: &&Kind| {
            kind.name == outer
                || kind.packages.iter().any(|package| outer.strip_prefix(package) == Some(kind.name))
        };
        let kind = super::TRANSFORMS.iter().find(is_it).ok_or_else(|| {
            let short = outer.rsplit('.').next().unwrap_or(outer);
            let hint = hint(short, super::TRANSFORMS.iter().map(|kind| kind.name));
            InvalidClass::Unknown { class: name.to_owned(), hint }
        })?;
        let side = match (kind.scope, suffix) {
            (Scope::Record(_), None) => None,
            (Scope::Record(_), Some(suffix)) => {
                return Err(InvalidClass::HasNoSides { class: kind.name, suffix: suffix.to_owned() });
            }
            (Scope::Part(_), None | Some("Value")) => Some(Side::Value),
            (Scope::Part(_), Some("Key")) => Some(Side::Key),
            (Scope::Part(_), Some(_)) => return Err(InvalidClass::NoSide { class: name.to_owned() }),
        };
        Ok(Self { kind, side })
    }

    /// A transform with these options.
    pub(crate) fn make(self, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
        match self.kind.scope {
            Scope::Record(make) => make(options),
            Scope::Part(make) => make(self.side.unwrap_or(Side::Value), options),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = match self.side {
            None => "",
            Some(Side::Key) => "$Key",
            Some(Side::Value) => "$Value",
        };
        write!(f, "{}{suffix}", self.kind.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Result<&str, &str>) {
        let found = Class::find(name).map(|class| class.to_string()).map_err(|error| error.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn classes_go_by_their_java_names_and_short() {
        check("org.apache.kafka.connect.transforms.Cast$Key", Ok("Cast$Key"));
        check("org.apache.rocketmq.connect.transforms.SetNull$Value", Ok("SetNull$Value"));
        check("org.apache.rocketmq.connect.transforms.RegexRouter", Ok("RegexRouter"));
        check("org.apache.kafka.connect.transforms.RegexRouter", Ok("RegexRouter"));
        check("Cast", Ok("Cast$Value"));
        check("Cast$Value", Ok("Cast$Value"));
        check("Filter", Ok("Filter"));
    }

    #[test]
    fn what_is_no_class_is_refused_with_the_nearest() {
        check(
            "ReplaceFeild$Key",
            Err("\"ReplaceFeild$Key\" is no transform known here, did you mean \"ReplaceField\"?"),
        );
        check("io.example.Enrich", Err("\"io.example.Enrich\" is no transform known here"));
        check(
            "org.apache.rocketmq.connect.transforms.Cast",
            Err(
                "\"org.apache.rocketmq.connect.transforms.Cast\" is no transform known here, did you mean \"Cast\"?",
            ),
        );
        check("Filter$Value", Err("\"Filter\" works on the record as a whole: leave out $Value"));
        check("Cast$Both", Err("\"Cast$Both\" is no part of a record: there are $Key and $Value"));
    }

    #[test]
    fn the_list_is_in_order_and_each_class_is_found_by_all_its_names() {
        assert!(super::super::TRANSFORMS.is_sorted_by_key(|kind| kind.name));
        for kind in &super::super::TRANSFORMS {
            for class in kind.plugin().classes {
                assert_eq!(Class::find(&class).unwrap().kind.name, kind.name);
            }
        }
    }
}
