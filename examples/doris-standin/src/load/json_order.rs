//! `fuzzy_parse`: the objects of an array are taken to have the keys of the first, in its order.
//!
//! Only the oldest reader looks at it; where an object has other keys after all, values end up in columns of others.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::json::Key;
use super::plan::Plan;

/// Which field each member of an object is, by its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyOrder(Vec<Option<usize>>);

impl KeyOrder {
    /// The order of an object's keys; `None` when the text is no object.
    pub(super) fn of(plan: &Plan, json: &str) -> Option<Self> {
        let mut parser = serde_json::Deserializer::from_str(json);
        (&mut parser).deserialize_map(Keys(plan)).ok()
    }

    pub(super) fn field(&self, position: usize) -> Option<usize> {
        self.0.get(position).copied().flatten()
    }
}

struct Keys<'p>(&'p Plan);

impl<'a> Visitor<'a> for Keys<'_> {
    type Value = KeyOrder;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<KeyOrder, M::Error> {
        let mut order = Vec::new();
        while let Some(field) = map.next_key_seed(Key(self.0))? {
            map.next_value::<IgnoredAny>()?;
            // Of equal keys the first counts.
            order.push(field.filter(|field| !order.contains(&Some(*field))));
        }
        Ok(KeyOrder(order))
    }
}
