//! One field of an object.

use crate::{
    json::{Span, write_text, write_value},
    scalar::Scalar,
};
use bytes::Bytes;
use connector_api::{SchemaRef, Text, Value};

#[derive(Debug)]
pub(crate) struct Member {
    pub(super) name: Name,
    pub(super) slot: Slot,
}

/// A field's name.
#[derive(Debug)]
pub(super) enum Name {
    /// As it stands in the source, without quotes.
    Source(Span),
    /// The same with escapes, and what they say.
    Escaped(Span, Text),
    /// From elsewhere.
    New(Text),
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(crate) enum Slot {
    /// JSON in the source of its object.
    Span(Span),
    /// JSON from elsewhere.
    Raw(Bytes),
    /// A value, with its schema in an object that has one.
    Value(Value, Option<SchemaRef>),
}

impl Name {
    /// What the name says.
    pub(super) fn bytes<'a>(&'a self, source: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Source(span) => span.of(source),
            Self::Escaped(_, text) | Self::New(text) => text.as_bytes(),
        }
    }

    /// What the name says, as text.
    pub(super) fn text(&self, source: &Bytes) -> Text {
        match self {
            Self::Source(span) => Text::from_utf8(source.slice(span.start()..span.end())).unwrap_or_default(),
            Self::Escaped(_, text) | Self::New(text) => text.clone(),
        }
    }

    /// Its place in the source, without quotes.
    pub(super) fn span(&self) -> Option<Span> {
        match self {
            Self::Source(span) | Self::Escaped(span, _) => Some(*span),
            Self::New(_) => None,
        }
    }
}

impl Member {
    /// From the name's quote to the end of the value, when both are what they were.
    pub(super) fn untouched(&self) -> Option<(usize, usize)> {
        match &self.slot {
            Slot::Span(value) => self.name.span().map(|name| (name.start() - 1, value.end())),
            Slot::Raw(_) | Slot::Value(..) => None,
        }
    }

    /// Appends name and value as JSON.
    pub(super) fn write(&self, source: &[u8], out: &mut Vec<u8>) {
        match (&self.name, self.name.span()) {
            (_, Some(span)) => out.extend_from_slice(&source[span.start() - 1..=span.end()]),
            (name, None) => write_text(&String::from_utf8_lossy(name.bytes(source)), out),
        }
        out.push(b':');
        self.slot.write(source, out);
    }
}

impl Slot {
    /// A value that brings its schema along.
    pub(crate) fn typed(value: Value, schema: &SchemaRef) -> Self {
        Self::Value(value, Some(SchemaRef::clone(schema)))
    }

    /// Appends it as JSON.
    pub(super) fn write(&self, source: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Span(span) => out.extend_from_slice(span.of(source)),
            Self::Raw(json) => out.extend_from_slice(json),
            Self::Value(value, _) => write_value(value, out),
        }
    }

    pub(super) fn scalar<'a>(&'a self, source: &'a [u8]) -> Scalar<'a> {
        match self {
            Self::Span(span) => Scalar::of_json(span.of(source)),
            Self::Raw(json) => Scalar::of_json(json),
            Self::Value(value, _) => Scalar::of_value(value),
        }
    }
}
