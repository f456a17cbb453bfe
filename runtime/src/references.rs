//! Values of a connector's configuration that stand elsewhere: `${file:PATH:KEY}`, `${dir:PATH:NAME}` and `${env:NAME}`.
//!
//! Internal topics, answers and logs hold the reference; what it stands for is known to the connector alone. A reference
//! reads what the worker may read, so an operator of the worker says which kinds there are, and from where.

use crate::config::properties;
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

/// More than any file of secrets has, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// The worker's key that says which kinds of references there are.
const PROVIDERS: &str = "config.providers";
/// The worker's key that says what may be read.
const ALLOWED: &str = "config.providers.allowed.paths";

/// Where values may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Under a key of a properties file.
    File,
    /// In a file of a directory.
    Dir,
    /// In the worker's environment.
    Env,
}

/// What references may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Providers {
    /// The kinds of references that there are (`config.providers`).
    pub enabled: Vec<Provider>,
    /// Files are read below these directories alone (`config.providers.allowed.paths`); below any when there are none.
    pub allowed_paths: Vec<PathBuf>,
}

/// A configuration with what its references stand for.
#[derive(Clone, Default)]
pub(crate) struct Resolved {
    pub(crate) config: ConnectorConfig,
    /// What references stand for, none of it to be shown.
    pub(crate) secrets: Vec<String>,
}

impl Provider {
    const ALL: [Self; 3] = [Self::File, Self::Dir, Self::Env];

    /// What it is called in references.
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Dir => "dir",
            Self::Env => "env",
        }
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|provider| provider.name() == name);
        found.ok_or_else(|| format!("{name:?} is none of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Whether a value is a reference and nothing else, and so gives nothing away.
pub(crate) fn is_reference(value: &str) -> bool {
    let value = value.trim();
    next_reference(value).is_some_and(|found| found.before.is_empty() && found.after.is_empty())
}

impl Providers {
    /// The configuration with what its references stand for. Reads files.
    ///
    /// # Errors
    /// Every reference that stands for nothing, by its key. None of them holds what another stands for.
    pub(crate) fn resolve(&self, config: &ConnectorConfig) -> Result<Resolved, ConfigErrors> {
        let (mut resolved, mut wrong) = (Resolved::default(), Vec::new());
        for (key, value) in config.iter() {
            match self.value(value, &mut resolved.secrets) {
                Ok(value) => resolved.config.set(key, value),
                Err(problem) => wrong.push(ConfigError::new(key, problem)),
            }
        }
        ConfigErrors(wrong).into_result().map(|()| resolved)
    }

    fn value(&self, given: &str, secrets: &mut Vec<String>) -> Result<String, String> {
        let (mut value, mut rest) = (String::new(), given);
        while let Some(Found { before, provider, place, after }) = next_reference(rest) {
            let told = self.look_up(provider, place);
            let told = told.map_err(|problem| {
                format!("${{{}:{place}}} stands for nothing: {problem}", provider.name())
            })?;
            value.push_str(before);
            value.push_str(&told);
            secrets.push(told);
            rest = after;
        }
        Ok(value + rest)
    }

    fn look_up(&self, provider: Provider, place: &str) -> Result<String, String> {
        if !self.enabled.contains(&provider) {
            let name = provider.name();
            return Err(format!(
                "the worker's configuration does not allow such references; {PROVIDERS}={name} there does"
            ));
        }
        match provider {
            Provider::Env => {
                // Also `${env::NAME}`, where a path is left empty.
                let name = place.strip_prefix(':').unwrap_or(place);
                env::var(name)
                    .map_err(|error| format!("variable {name} of the worker's environment: {error}"))
            }
            Provider::File => {
                let (path, key) = parts(place, "file:PATH:KEY")?;
                let text = self.read(Path::new(path))?;
                let (entries, _) = properties::parse(&text);
                let found = entries.into_iter().rev().find(|entry| entry.key == key);
                found.map(|entry| entry.value).ok_or_else(|| format!("{path} has no key {key:?}"))
            }
            Provider::Dir => {
                let (path, name) = parts(place, "dir:PATH:NAME")?;
                if name.contains(['/', '\\']) || name == ".." {
                    return Err(format!("{name:?} is not the name of a file in {path}"));
                }
                let text = self.read(&Path::new(path).join(name))?;
                // Editors end files with one.
                Ok(text
                    .strip_suffix('\n')
                    .map_or(text.as_str(), |text| text.trim_end_matches('\r'))
                    .to_owned())
            }
        }
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        let told = |error: io::Error| format!("{} cannot be read: {error}", path.display());
        // What links lead to counts.
        let path = path.canonicalize().map_err(told)?;
        let is_below =
            |allowed: &PathBuf| allowed.canonicalize().is_ok_and(|allowed| path.starts_with(allowed));
        if !self.allowed_paths.is_empty() && !self.allowed_paths.iter().any(is_below) {
            return Err(format!("{} is not below any of the worker's {ALLOWED}", path.display()));
        }
        let told = |error: io::Error| format!("{} cannot be read: {error}", path.display());
        let metadata = fs::metadata(&path).map_err(told)?;
        if !metadata.is_file() || metadata.len() > MAX_FILE {
            return Err(format!("{} is not a file of up to {MAX_FILE} bytes", path.display()));
        }
        fs::read_to_string(&path).map_err(told)
    }
}

/// How many secrets there are, since what they are must not be shown.
impl std::fmt::Debug for Resolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resolved({} secrets)", self.secrets.len())
    }
}

/// A reference in a text.
struct Found<'t> {
    before: &'t str,
    provider: Provider,
    /// What stands between the provider's name and the brace.
    place: &'t str,
    after: &'t str,
}

/// The first reference of a text. Braces with other words in them are none, and left as they are.
fn next_reference(text: &str) -> Option<Found<'_>> {
    text.match_indices("${").find_map(|(at, _)| {
        let (inside, after) = text[at + 2..].split_once('}')?;
        let (name, place) = inside.split_once(':')?;
        let provider = name.parse().ok()?;
        Some(Found { before: &text[..at], provider, place, after })
    })
}

fn parts<'p>(place: &'p str, form: &str) -> Result<(&'p str, &'p str), String> {
    let parts = place.rsplit_once(':').filter(|(path, name)| !path.is_empty() && !name.is_empty());
    parts.ok_or_else(|| format!("its form is ${{{form}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Providers {
        Providers { enabled: Provider::ALL.to_vec(), allowed_paths: Vec::new() }
    }

    fn resolve(providers: &Providers, value: &str) -> Result<(String, Vec<String>), String> {
        let config = [("key", value)].into_iter().collect();
        let resolved = providers.resolve(&config).map_err(|errors| errors.to_string())?;
        Ok((resolved.config.get("key").unwrap().to_owned(), resolved.secrets))
    }

    #[track_caller]
    fn check(value: &str, expected: &str, secrets: &[&str]) {
        let (value, found) = resolve(&all(), value).unwrap();
        assert_eq!(
            (value.as_str(), found.iter().map(String::as_str).collect::<Vec<_>>()),
            (expected, secrets.to_vec())
        );
    }

    #[track_caller]
    fn check_error(providers: &Providers, value: &str, parts: &[&str]) {
        let error = resolve(providers, value).unwrap_err();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error:?}");
        }
    }

    /// A directory with two files of secrets.
    fn secrets() -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        fs::write(
            directory.path().join("doris.properties"),
            "# of the sink\npassword=pa:ss}word\nuser = root\n",
        )
        .unwrap();
        fs::write(directory.path().join("token"), "t0ken\n").unwrap();
        let path = directory.path().canonicalize().unwrap().display().to_string();
        (directory, path)
    }

    #[test]
    fn a_reference_stands_for_what_is_elsewhere() {
        let (_directory, path) = secrets();
        let file = format!("{path}/doris.properties");
        check(&format!("${{file:{file}:password}}"), "pa:ss}word", &["pa:ss}word"]);
        check(&format!("${{dir:{path}:token}}"), "t0ken", &["t0ken"]);
        check("${env:CARGO_PKG_NAME}", "runtime", &["runtime"]);
        check("${env::CARGO_PKG_NAME}", "runtime", &["runtime"]);
        check(
            &format!("http://${{file:{file}:user}}@${{dir:{path}:token}}/"),
            "http://root@t0ken/",
            &["root", "t0ken"],
        );
    }

    #[test]
    fn other_braces_are_left_as_they_are() {
        for text in ["plain", "${topic}", "${vault:a:b}", "${env:NAME", "$1 {env:A}", "a${}b"] {
            check(text, text, &[]);
        }
    }

    #[test]
    fn a_reference_to_nothing_says_what_is_missing_and_where() {
        let (_directory, path) = secrets();
        let file = format!("{path}/doris.properties");
        check_error(
            &all(),
            &format!("${{file:{file}:pasword}}"),
            &["key: ", "has no key \"pasword\"", &file],
        );
        check_error(&all(), &format!("${{file:{path}/none:a}}"), &["none", "cannot be read"]);
        check_error(&all(), &format!("${{file:{path}:a}}"), &["is not a file"]);
        check_error(&all(), "${file:a}", &["its form is ${file:PATH:KEY}"]);
        check_error(&all(), &format!("${{dir:{path}:../x}}"), &["is not the name of a file"]);
        check_error(&all(), "${env:NO_SUCH_VARIABLE}", &["NO_SUCH_VARIABLE", "environment"]);
    }

    #[test]
    fn an_error_does_not_hold_what_other_references_stand_for() {
        let (_directory, path) = secrets();
        let error = resolve(&all(), &format!("${{dir:{path}:token}}${{env:NO_SUCH_VARIABLE}}")).unwrap_err();
        assert!(!error.contains("t0ken"), "{error}");
    }

    #[test]
    fn what_the_worker_does_not_allow_is_not_read() {
        check_error(&Providers::default(), "${env:PATH}", &["config.providers=env"]);
        let (_directory, path) = secrets();
        let within = |allowed: &str| Providers { allowed_paths: vec![allowed.into()], ..all() };
        assert!(resolve(&within(&path), &format!("${{dir:{path}:token}}")).is_ok());
        check_error(&within("/proc"), &format!("${{dir:{path}:token}}"), &["config.providers.allowed.paths"]);
        std::os::unix::fs::symlink("/etc/hostname", format!("{path}/link")).unwrap();
        check_error(&within(&path), &format!("${{dir:{path}:link}}"), &["config.providers.allowed.paths"]);
    }

    #[test]
    fn a_value_that_is_one_reference_gives_nothing_away() {
        assert!(is_reference("${env:PASSWORD}") && is_reference(" ${file:/a:b} "));
        assert!(!is_reference("pass${env:WORD}") && !is_reference("${topic}") && !is_reference(""));
    }
}
