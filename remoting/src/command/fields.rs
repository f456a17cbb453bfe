//! The named values of a command (`extFields`).

use std::borrow::Cow;
use std::str::FromStr;

use thiserror::Error;

/// A small map of strings that keeps the order in which it was filled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields {
    entries: Vec<(Cow<'static, str>, String)>,
}

/// A named value that is not there or not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FieldError {
    /// The command has no such field, or it is null.
    #[error("the field `{name}` is missing")]
    Missing {
        /// The field's name.
        name: String,
    },
    /// The value is not of the field's type.
    #[error("the field `{name}` should be {expected} but is `{value}`")]
    Invalid {
        /// The field's name.
        name: String,
        /// What it should have been, for people.
        expected: &'static str,
        /// What it was.
        value: String,
    },
}

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value, replacing an earlier one of that name.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.entries.push((name, value)),
        }
    }

    /// The value of `name`, if there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a field that must be there.
    ///
    /// # Errors
    /// [`FieldError::Missing`].
    pub fn require(&self, name: &str) -> Result<&str, FieldError> {
        self.get(name).ok_or_else(|| FieldError::Missing { name: name.to_owned() })
    }

    /// A 64-bit number that must be there.
    ///
    /// # Errors
    /// [`FieldError`] naming the field.
    pub fn get_i64(&self, name: &str) -> Result<i64, FieldError> {
        parse(name, self.require(name)?, "a 64-bit number")
    }

    /// A 32-bit number that must be there.
    ///
    /// # Errors
    /// [`FieldError`] naming the field.
    pub fn get_i32(&self, name: &str) -> Result<i32, FieldError> {
        parse(name, self.require(name)?, "a 32-bit number")
    }

    /// A 64-bit number that may be missing.
    ///
    /// # Errors
    /// [`FieldError::Invalid`] when it is there and is not a number.
    pub fn find_i64(&self, name: &str) -> Result<Option<i64>, FieldError> {
        self.get(name).map(|value| parse(name, value, "a 64-bit number")).transpose()
    }

    /// A 32-bit number that may be missing.
    ///
    /// # Errors
    /// [`FieldError::Invalid`] when it is there and is not a number.
    pub fn find_i32(&self, name: &str) -> Result<Option<i32>, FieldError> {
        self.get(name).map(|value| parse(name, value, "a 32-bit number")).transpose()
    }

    /// A truth value as Java reads one: `true` in any case is true, anything else and nothing is false.
    pub fn get_bool(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn parse<T: FromStr>(name: &str, value: &str, expected: &'static str) -> Result<T, FieldError> {
    value.parse().map_err(|_| FieldError::Invalid {
        name: name.to_owned(),
        expected,
        value: value.to_owned(),
    })
}

impl<N: Into<Cow<'static, str>>, V: Into<String>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut fields = Self::new();
        for (name, value) in entries {
            fields.insert(name, value);
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_missing_or_no_number_is_named() {
        let fields: Fields = [("queueOffset", "12"), ("queueId", "first")].into_iter().collect();
        assert_eq!(fields.get_i64("queueOffset"), Ok(12));
        assert_eq!(fields.find_i64("minOffset"), Ok(None));
        assert_eq!(fields.get_i64("minOffset").unwrap_err().to_string(), "the field `minOffset` is missing");
        assert_eq!(
            fields.get_i32("queueId").unwrap_err().to_string(),
            "the field `queueId` should be a 32-bit number but is `first`"
        );
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one_in_place() {
        let fields: Fields = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("a", "3"), ("b", "2")]);
    }
}
