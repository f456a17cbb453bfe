//! A Java process: the flags that every RocketMQ program here runs with.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Version, artifacts};
use crate::Scratch;

/// Opens what RocketMQ reaches into by reflection, and keeps start-up short: one collector thread, only the quick
/// compiler, and no key generation for TLS.
const FLAGS: &[&str] = &[
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    // Without this one 4.9.7 cannot unmap the files of a deleted topic.
    "--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dtls.server.mode=disabled",
];

/// One appender instead of the dozens of the stock configuration, which cost a start-up second each.
const LOGGING: &str = r#"<configuration>
  <appender name="file" class="ch.qos.logback.core.FileAppender">
    <file>LOG_FILE</file>
    <encoder><pattern>%d %p %logger{0} - %m%n</pattern></encoder>
  </appender>
  <root level="ERROR"><appender-ref ref="file"/></root>
</configuration>
"#;

/// Starts Java programs of one RocketMQ version in one scratch directory, where they keep their home, temporary files
/// and logs (`<role>.log`).
#[derive(Debug, Clone)]
pub(crate) struct Jvm {
    libraries: PathBuf,
    scratch: Scratch,
}

impl Jvm {
    /// Fetches the jars if need be.
    pub(crate) async fn new(version: Version, scratch: &Scratch) -> anyhow::Result<Self> {
        let libraries =
            tokio::task::spawn_blocking(move || artifacts::class_path_directory(version)).await??;
        Ok(Self { libraries, scratch: scratch.clone() })
    }

    /// `java` with everything up to the class name. `role` names the log and one of RocketMQ's logging
    /// configurations: `namesrv`, `broker`, `proxy`, `tools`, `client`.
    pub(crate) fn command(&self, role: &str) -> anyhow::Result<Command> {
        let home = self.scratch.directory("home")?;
        let temporary = self.scratch.directory("tmp")?;
        let logging = self.logging(role)?;
        let mut command = Command::new("java");
        command
            .args(FLAGS)
            .arg(property("user.home", &home))
            .arg(property("rocketmq.home.dir", &home))
            // Native libraries unpacked there outlive a killed JVM.
            .arg(property("java.io.tmpdir", &temporary))
            .arg(property("rmq.logback.configurationFile", &logging))
            // The 4.x client, which otherwise prints its log.
            .arg("-Drocketmq.client.logUseSlf4j=true")
            .arg(property("logback.configurationFile", &logging))
            .arg("-cp")
            .arg(format!("{}/*", self.libraries.display()))
            .env("ROCKETMQ_HOME", &home);
        Ok(command)
    }

    /// 5.x reads the file that a system property names, 4.x `conf/logback_<role>.xml` in its home.
    fn logging(&self, role: &str) -> anyhow::Result<PathBuf> {
        let log = self.scratch.path().join(format!("{role}.log"));
        let content = LOGGING.replace("LOG_FILE", &log.display().to_string());
        self.scratch.write(&format!("home/conf/logback_{role}.xml"), content)
    }
}

fn property(key: &str, value: &Path) -> String {
    format!("-D{key}={}", value.display())
}
