//! Which field is meant, in the two notations of Kafka Connect: a name (`V1`), or the way into nested objects (`V2`).
//!
//! In `V2` dots separate names, and a name that has dots stands between backticks, in which ``\` `` is a backtick.

/// Names from the outside in; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldPath(Vec<String>);

/// A backtick is open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the backtick at {0} is not closed: another has to stand at the end or before a dot")]
pub(crate) struct OpenBacktick(usize);

impl FieldPath {
    /// One name.
    pub(crate) fn name(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// Reads the notation `V2`.
    pub(crate) fn nested(path: &str) -> Result<Self, OpenBacktick> {
        let mut names = Vec::new();
        let mut rest = Some(path);
        while let Some(path_left) = rest {
            let (name, behind) = match path_left.strip_prefix('`') {
                Some(quoted) => quoted_name(quoted).ok_or(OpenBacktick(path.len() - path_left.len()))?,
                None => match path_left.split_once('.') {
                    Some((name, behind)) => (name.to_owned(), Some(behind)),
                    None => (path_left.to_owned(), None),
                },
            };
            names.push(name);
            rest = behind;
        }
        Ok(Self(names))
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }
}

/// The name before the closing backtick, and what follows the dot behind that.
fn quoted_name(text: &str) -> Option<(String, Option<&str>)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (before, behind) = rest.split_once('`')?;
        let is_end = behind.is_empty() || behind.starts_with('.');
        match before.strip_suffix('\\') {
            Some(before) if is_end => {
                name.push_str(before);
                name.push('`');
            }
            None if is_end => {
                name.push_str(before);
                return Some((name, behind.strip_prefix('.')));
            }
            // One that neither ends the name nor could be taken for its end stands for itself.
            _ => {
                name.push_str(before);
                name.push('`');
            }
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Result<&[&str], OpenBacktick>) {
        let found = FieldPath::nested(path);
        let names = found.as_ref().map(|path| path.names().iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(names.as_deref().map_err(|error| (*error).clone()), expected, "{path}");
    }

    #[test]
    fn paths_go_from_the_outside_in() {
        check("a", Ok(&["a"]));
        check("a.b.c", Ok(&["a", "b", "c"]));
        check("a.", Ok(&["a", ""]));
        check("`a.b`.c", Ok(&["a.b", "c"]));
        check("a.`b.c`", Ok(&["a", "b.c"]));
        check("`a`b`", Ok(&["a`b"]));
        check("`a\\`.b`", Ok(&["a`.b"]));
        check("a`b.c", Ok(&["a`b", "c"]));
    }

    #[test]
    fn an_open_backtick_is_refused_with_its_place() {
        check("`a", Err(OpenBacktick(0)));
        check("a.`b.c", Err(OpenBacktick(2)));
        check("`a\\`", Err(OpenBacktick(0)));
    }
}
