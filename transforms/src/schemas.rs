//! Schemas that transforms make: shared by all records that look alike.

use connector_api::{FieldType, Schema, SchemaRef};
use std::sync::Arc;

/// As many are kept; what looks different all the time is not worth keeping.
const KEPT: usize = 64;

/// Schemas made before. Equal inputs share one, so that a sink recognises it by its address.
#[derive(Debug, Default)]
pub(crate) struct SchemaCache {
    made: Vec<SchemaRef>,
    oldest: usize,
}

impl SchemaCache {
    /// The one schema that is like `schema`; `like`, where that is it.
    pub(crate) fn shared(&mut self, schema: Schema, like: &SchemaRef) -> SchemaRef {
        if schema == **like {
            return Arc::clone(like);
        }
        if let Some(made) = self.made.iter().find(|made| ***made == schema) {
            return Arc::clone(made);
        }
        let made = Arc::new(schema);
        if self.made.len() < KEPT {
            self.made.push(Arc::clone(&made));
        } else {
            self.made[self.oldest] = Arc::clone(&made);
            self.oldest = (self.oldest + 1) % KEPT;
        }
        made
    }
}

/// Schemas that are made of one other, remembered by its address.
#[derive(Debug, Default)]
pub(crate) struct SchemaMemo(Vec<(SchemaRef, SchemaRef)>);

impl SchemaMemo {
    /// What `make` made of `schema` the first time.
    pub(crate) fn of(&mut self, schema: &SchemaRef, make: impl FnOnce(&Schema) -> Schema) -> SchemaRef {
        if let Some((_, made)) = self.0.iter().find(|(from, _)| Arc::ptr_eq(from, schema)) {
            return Arc::clone(made);
        }
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        let made = Arc::new(make(schema));
        self.0.push((Arc::clone(schema), Arc::clone(&made)));
        made
    }
}

/// What the name of a schema says that numbers or bytes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logical {
    /// Days since 1970, 32 bits.
    Date,
    /// Milliseconds of a day, 32 bits.
    Time,
    /// Milliseconds since 1970 UTC, 64 bits.
    Timestamp,
    /// Big-endian two's complement, of which so many digits are behind the point.
    Decimal { scale: i32 },
}

impl Logical {
    /// What `schema` means, by the names of OpenMessaging Connect and of Kafka Connect.
    pub(crate) fn of(schema: &Schema) -> Option<Self> {
        const OPEN: &str = "io.openmessaging.connector.api.data.logical.";
        const KAFKA: &str = "org.apache.kafka.connect.data.";
        let name = schema.name.as_ref()?.as_str();
        Some(match name.strip_prefix(OPEN).or_else(|| name.strip_prefix(KAFKA))? {
            "Date" => Self::Date,
            "Time" => Self::Time,
            "Timestamp" => Self::Timestamp,
            "Decimal" => Self::Decimal { scale: scale(schema)? },
            _ => return None,
        })
    }

    /// The schema of a date, a time or a timestamp.
    pub(crate) fn schema(self, optional: bool) -> SchemaRef {
        let (name, field_type) = match self {
            Self::Date => ("Date", FieldType::Int32),
            Self::Time => ("Time", FieldType::Int32),
            Self::Timestamp => ("Timestamp", FieldType::Int64),
            Self::Decimal { .. } => ("Decimal", FieldType::Bytes),
        };
        let name = format!("io.openmessaging.connector.api.data.logical.{name}");
        let parameters = match self {
            Self::Decimal { scale } => vec![("scale".into(), scale.to_string().into())],
            _ => Vec::new(),
        };
        let plain = Schema::of(field_type);
        Arc::new(Schema { name: Some(name.into()), version: Some(1), optional, parameters, ..plain })
    }
}

fn scale(schema: &Schema) -> Option<i32> {
    let (_, scale) = schema.parameters.iter().find(|(name, _)| name.as_bytes() == &b"scale"[..])?;
    scale.as_str().trim().parse().ok()
}

/// A schema without a name.
pub(crate) fn plain(field_type: FieldType, optional: bool) -> SchemaRef {
    Arc::new(Schema { optional, ..Schema::of(field_type) })
}

/// The schemas of one type: for what has to be there, and for what need not.
#[derive(Debug)]
pub(crate) struct TypeSchemas {
    required: SchemaRef,
    optional: SchemaRef,
}

impl TypeSchemas {
    pub(crate) fn of(field_type: &FieldType) -> Self {
        Self { required: plain(field_type.clone(), false), optional: plain(field_type.clone(), true) }
    }

    /// Those of a date, a time or a timestamp.
    pub(crate) fn logical(logical: Logical) -> Self {
        Self { required: logical.schema(false), optional: logical.schema(true) }
    }

    /// The one that is as optional as `schema`.
    pub(crate) fn like(&self, schema: &Schema) -> SchemaRef {
        Arc::clone(if schema.optional { &self.optional } else { &self.required })
    }
}

/// The schema of text.
pub(crate) fn text(optional: bool) -> SchemaRef {
    plain(FieldType::String, optional)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: String) -> Schema {
        Schema { name: Some(name.into()), ..Schema::of(FieldType::Int8) }
    }

    #[test]
    fn equal_schemas_are_one() {
        let mut cache = SchemaCache::default();
        let like = Arc::new(named("in".into()));
        assert!(Arc::ptr_eq(&cache.shared(named("in".into()), &like), &like));
        let first = cache.shared(named("out".into()), &like);
        assert!(Arc::ptr_eq(&first, &cache.shared(named("out".into()), &like)));
    }

    #[test]
    fn the_cache_does_not_grow_for_ever() {
        let mut cache = SchemaCache::default();
        let like = Arc::new(named("in".into()));
        for i in 0..1000 {
            cache.shared(named(format!("{i}")), &like);
        }
        assert_eq!(cache.made.len(), KEPT);
        let last = cache.shared(named("999".into()), &like);
        assert!(Arc::ptr_eq(&last, &cache.shared(named("999".into()), &like)));
    }
}
