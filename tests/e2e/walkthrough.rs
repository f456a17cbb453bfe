//! The README's walk-through, run as a reader would run it: its blocks, one after the other, in one directory.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use test_support::worker::{Launch, Worker};
use test_support::{Scratch, ports};

use crate::rig::binary;
use test_support::dev_broker::DevBroker;
use test_support::doris::Doris;

const MARK: &str = "<!-- walkthrough -->\n```sh\n";
const DEADLINE: Duration = Duration::from_secs(120);
/// Set to `1` where everything must be installed.
const REQUIRE: &str = "ROCKETMQ_CONNECT_REQUIRE_JAVA";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_readmes_walk_through_works_as_written() -> anyhow::Result<()> {
    for program in ["curl", "mariadb"] {
        if Command::new(program).arg("--version").output().is_err() {
            anyhow::ensure!(
                std::env::var(REQUIRE).as_deref() != Ok("1"),
                "{REQUIRE}=1, but there is no {program}"
            );
            eprintln!(
                "the_readmes_walk_through_works_as_written skipped: needs curl and mariadb ({program} is missing)"
            );
            return Ok(());
        }
    }
    let scratch = Scratch::new()?;
    let broker = DevBroker::start(&scratch, binary()).await?;
    let doris = Doris::start(&scratch).await?;
    let rest = SocketAddr::from(([127, 0, 0, 1], ports::free()?));

    // The ports of the text may be taken here, and so may its file.
    let here = [
        ("127.0.0.1:9876".to_owned(), broker.name_server()),
        ("127.0.0.1:8082".to_owned(), format!("127.0.0.1:{}", rest.port())),
        ("httpPort=8082".to_owned(), format!("httpPort={}", rest.port())),
        ("-P 9030".to_owned(), format!("-P {}", doris.mysql.port())),
        ("\"9030\"".to_owned(), format!("\"{}\"", doris.mysql.port())),
        ("\"8030\"".to_owned(), format!("\"{}\"", doris.fe.port())),
        ("/tmp/earthquakes".to_owned(), scratch.path().join("earthquakes").display().to_string()),
    ];
    let directory = scratch.directory("readme")?;
    copy(Path::new("examples/connectors"), &directory.join("examples/connectors"), &here)?;
    copy(Path::new("examples/data"), &directory.join("examples/data"), &[])?;

    let configuration = directory.join("examples/connectors/connect-standalone.conf");
    let launch = Launch {
        binary: binary().to_owned(),
        mode: "standalone",
        configuration,
        rest,
        environment: Vec::new(),
    };
    let _worker = Worker::start(&scratch, launch).await?;

    let readme = fs::read_to_string("README.md")?;
    let blocks: Vec<&str> = readme.split(MARK).skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 8, "{} blocks are marked in the README", blocks.len());
    let mut printed = String::new();
    for block in blocks {
        let block = replaced(block, &here);
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &block])
            .current_dir(&directory)
            .env("PATH", path_with_binary()?);
        let output = test_support::process::run(bash, b"", DEADLINE).await.with_context(|| block.clone())?;
        assert!(!output.contains("errorCode"), "{block}\nanswered\n{output}");
        printed.push_str(&output);
    }
    for expected in [
        r#""state":"PAUSED""#,
        "Connector [earthquakes] resumed successfully",
        "Connector [earthquakes] deleted successfully",
        r#"{"status":200,"body":{}}"#,
    ] {
        assert!(printed.contains(expected), "no {expected} in what was printed:\n{printed}");
    }
    Ok(())
}

fn replaced(text: &str, replacements: &[(String, String)]) -> String {
    replacements.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn copy(from: &Path, to: &Path, replacements: &[(String, String)]) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        fs::write(to.join(file.file_name()), replaced(&fs::read_to_string(file.path())?, replacements))?;
    }
    Ok(())
}

fn path_with_binary() -> anyhow::Result<String> {
    let binary = binary();
    let directory = binary.parent().context("the binary is in a directory")?;
    Ok(format!("{}:{}", directory.display(), std::env::var("PATH")?))
}
