//! Clients fetched from their registries once.
//!
//! They live in `tmp/standin-clients` under cargo's target directory, so `cargo clean` removes them. One process fetches, others wait.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::needs::program;
use super::versions::{Artifact, PYTHON};

const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/// A directory for `PYTHONPATH`.
pub(crate) fn python() -> Result<PathBuf, String> {
    program("python3")?;
    installed("python", &PYTHON.join("\n"), |directory| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
        run(pip.arg(directory.join("lib")).args(PYTHON))
    })
}

/// A directory of jars.
pub(crate) fn jars(name: &str, artifacts: &[Artifact]) -> Result<PathBuf, String> {
    program("java")?;
    program("mvn")?;
    let pom = pom(name, artifacts);
    installed(name, &pom, |directory| {
        fs::write(directory.join("pom.xml"), &pom).map_err(|error| error.to_string())?;
        let mut maven = Command::new("mvn");
        maven.args(["-q", "-B", "-DincludeScope=runtime", "-DoutputDirectory=lib", PLUGIN]);
        run(maven.current_dir(directory))
    })
}

/// What `fetch` puts into `lib`, fetched unless it was for the same `wanted`.
fn installed(
    name: &str,
    wanted: &str,
    fetch: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let text = |error: std::io::Error| format!("cannot keep {name}: {error}");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("standin-clients");
    fs::create_dir_all(&cache).map_err(text)?;
    // One lock for all, because two Mavens must not write one local repository. Ends with the process.
    let lock = File::create(cache.join("lock")).map_err(text)?;
    lock.lock().map_err(text)?;
    let complete = cache.join(name);
    if fs::read_to_string(complete.join("wanted")).is_ok_and(|found| found == wanted) {
        return Ok(complete.join("lib"));
    }
    let partial = tempfile::Builder::new().prefix("partial-").tempdir_in(&cache).map_err(text)?;
    fetch(partial.path())?;
    fs::write(partial.path().join("wanted"), wanted).map_err(text)?;
    if complete.exists() {
        fs::remove_dir_all(&complete).map_err(text)?;
    }
    fs::rename(partial.keep(), &complete).map_err(text)?;
    Ok(complete.join("lib"))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("cannot run {command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{command:?} ended with {}:\n{out}{err}", output.status))
}

fn pom(name: &str, artifacts: &[Artifact]) -> String {
    let dependencies: String = artifacts
        .iter()
        .map(|Artifact { group, name, version }| {
            format!("<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>\n")
        })
        .collect();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n<modelVersion>4.0.0</modelVersion><packaging>pom</packaging>\n\
         <groupId>doris-standin.test</groupId><artifactId>{name}</artifactId><version>1</version>\n\
         <dependencies>\n{dependencies}</dependencies>\n</project>\n"
    )
}
