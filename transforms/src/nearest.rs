//! The name that was probably meant.

/// The one of `known` that is closest to `given`; `None` when none is close.
pub(crate) fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let given = given.to_lowercase();
    let farthest = (given.chars().count() / 3).max(2);
    let distance = |name: &&str| strsim::damerau_levenshtein(&given, &name.to_lowercase());
    known.into_iter().min_by_key(distance).filter(|name| distance(name) <= farthest)
}

/// The same as the end of a sentence: `, did you mean …?`, or nothing.
pub(crate) fn hint<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(given, known).map(|name| format!(", did you mean {name:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_word_none() {
        let known = ["field", "format", "target.type"];
        assert_eq!(nearest("fields", known), Some("field"));
        assert_eq!(nearest("Target.Typ", known), Some("target.type"));
        assert_eq!(nearest("whatever", known), None);
        assert_eq!(hint("formt", known), ", did you mean \"format\"?");
    }
}
