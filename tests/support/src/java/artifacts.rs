//! The jars of a RocketMQ release, fetched from Maven Central once.
//!
//! They live in `rocketmq/<version>` under cargo's target directory, so `cargo clean` removes them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::Version;

const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/// The directory with all jars of `version`, fetched if need be. Blocks for half a minute the first time.
///
/// Safe to call from several processes at once: one fetches, the others wait for it.
///
/// # Errors
/// When Maven cannot be run or fails, with what it printed.
pub fn class_path_directory(version: Version) -> anyhow::Result<PathBuf> {
    let cache = target_directory()?.join("rocketmq");
    fs::create_dir_all(&cache)?;
    let complete = cache.join(version.as_str());
    let pom = pom(version);
    if is_complete(&complete, &pom) {
        return Ok(complete.join("lib"));
    }
    // One lock for all versions, because two Mavens must not write one local repository. Ends with the process.
    let lock = File::create(cache.join("lock"))?;
    lock.lock().context("cannot lock the cache of RocketMQ jars")?;
    if !is_complete(&complete, &pom) {
        fetch(&cache, &complete, &pom).with_context(|| format!("cannot fetch RocketMQ {version}"))?;
    }
    Ok(complete.join("lib"))
}

/// The directory was renamed into place as a whole, so the file that says what was asked for stands for all.
fn is_complete(directory: &Path, pom: &str) -> bool {
    fs::read_to_string(directory.join("pom.xml")).is_ok_and(|found| found == pom)
}

fn fetch(cache: &Path, complete: &Path, pom: &str) -> anyhow::Result<()> {
    let partial = tempfile::Builder::new().prefix("partial-").tempdir_in(cache)?;
    fs::write(partial.path().join("pom.xml"), pom)?;
    let output = Command::new("mvn")
        .args(["-q", "-B", "-DincludeScope=runtime", "-DoutputDirectory=lib", PLUGIN])
        .current_dir(partial.path())
        .output()
        .context("cannot run mvn")?;
    anyhow::ensure!(
        output.status.success(),
        "mvn {PLUGIN} ended with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    if complete.exists() {
        fs::remove_dir_all(complete)?;
    }
    fs::rename(partial.keep(), complete)?;
    Ok(())
}

fn pom(version: Version) -> String {
    let dependencies: String = version
        .artifacts()
        .iter()
        .map(|artifact| {
            format!(
                "  <dependency><groupId>org.apache.rocketmq</groupId>\
                 <artifactId>rocketmq-{artifact}</artifactId><version>{version}</version></dependency>\n"
            )
        })
        .collect();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n\
         <modelVersion>4.0.0</modelVersion><packaging>pom</packaging>\n\
         <groupId>rocketmq-connect.test</groupId><artifactId>rocketmq</artifactId><version>{version}</version>\n\
         <dependencies>\n{dependencies}</dependencies>\n\
         </project>\n"
    )
}

/// Where the running test was built: the directory above it that cargo has tagged as a cache.
fn target_directory() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let tagged = program.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file());
    tagged
        .map(Path::to_owned)
        .with_context(|| format!("{} is not in a target directory of cargo", program.display()))
}
