//! The main job on real data, in one command: a RocketMQ topic into a Doris table, managed over REST.
//!
//! `cargo run --release --example demo`, and `-- --exit` to end after the comparison. This file tells the story;
//! [`servers`] starts what it needs, [`table`] speaks SQL, [`rest`] does what curl does, [`quakes`] knows the data.

mod arguments;
mod quakes;
mod rest;
mod screen;
mod servers;
mod table;

use anyhow::{Context, bail};
use arguments::Arguments;
use clap::Parser;
use quakes::Checksum;
use rest::Rest;
use rocketmq_connect::{arguments::Produce, number::grouped, produce, signals::Signals};
use screen::Screen;
use serde_json::Value;
use servers::Servers;
use std::{io::Cursor, process::ExitCode, time::Duration};
use table::{DATABASE, PASSWORD, TABLE, Table, USER};
use tokio::time::{Instant, sleep};

const TOPIC: &str = "earthquakes";
const CONNECTOR: &str = "earthquakes";
/// How long the rows may take to arrive; they take well under a second.
const ARRIVAL: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(25);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(demo(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    use std::io::Write;
    // Nobody is left to tell when standard error is gone.
    writeln!(std::io::stderr(), "demo: {error:#}").unwrap_or_default();
    ExitCode::FAILURE
}

/// Starts everything, tells the story, and cleans up however it ends.
async fn demo(arguments: &Arguments) -> anyhow::Result<()> {
    let mut signals = Signals::watch()?;
    arguments.check_ports()?;
    let data = tempfile::Builder::new().prefix("rocketmq-connect-demo-").tempdir()?;
    let servers = Servers::start(arguments, data.path()).await?;
    let mut screen = Screen::new();
    let told = tokio::select! {
        told = story(&servers, &mut screen) => told,
        signal = signals.next() => Err(anyhow::anyhow!("interrupted by {signal}")),
    };
    if told.is_ok() && !arguments.exit {
        to_try(&servers, &mut screen);
        signals.next().await;
        screen.line("\nStopping.");
    }
    servers.stop().await;
    data.close().context("cannot remove the demo's data")?;
    told
}

async fn story(servers: &Servers, screen: &mut Screen) -> anyhow::Result<()> {
    introduce(servers, screen);
    let rest = servers.rest();

    screen.step("Create the table over the MySQL port");
    let mut table = Table::create(servers.doris().mysql).await?;
    for line in table::create_statements().flat_map(str::lines) {
        screen.line(&format!("   {line}"));
    }

    screen.step(&format!("Produce the file to topic {TOPIC}"));
    let options = Produce {
        name_servers: vec![servers.name_server().to_string()],
        topic: TOPIC.into(),
        key_field: Some("id".into()),
    };
    let produced = produce::send(&options, Cursor::new(quakes::FILE)).await;
    screen.line(&format!("   {}", produced.map_err(|failure| anyhow::anyhow!("{failure}"))?));

    screen.step("Create the connector");
    let config = connector_config(servers)?;
    screen.line(&format!("   POST {}", rest.url(&format!("/connectors/{CONNECTOR}"))));
    for line in serde_json::to_string_pretty(&config)?.lines() {
        screen.line(&format!("   {line}"));
    }
    let asked = Instant::now();
    rest.post(&format!("/connectors/{CONNECTOR}"), &config).await?;

    screen.step("Watch the rows arrive");
    let expected = quakes::of_file()?;
    wait_for_rows(rest, &mut table, screen, expected.rows as u64).await?;
    screen.line(&format!("   all of them {} ms after the request", asked.elapsed().as_millis()));

    screen.step("The five strongest, by SQL");
    for strong in table.strongest().await? {
        let when = screen::minute(strong.time);
        let (magnitude, depth) = (strong.magnitude, strong.depth_km);
        screen.line(&format!("   {magnitude:.1}  {when}  {depth:>6.1} km deep  {}", strong.place));
    }

    screen.step("Compare source and table");
    compare(screen, &expected, &table.checksum().await?)
}

fn introduce(servers: &Servers, screen: &Screen) {
    let doris = servers.doris();
    screen.line("Earthquakes of one week (USGS), from a RocketMQ topic into a Doris table.\n");
    screen.line(&format!(
        "   RocketMQ  {}  name server and broker (a development broker)",
        servers.name_server()
    ));
    screen.line(&format!(
        "   Doris     {} HTTP, {} MySQL  (a stand-in; user {USER}, password {PASSWORD})",
        doris.fe, doris.mysql
    ));
    screen.line(&format!("   Worker    {}  REST", servers.rest().url("")));
}

/// The example's configuration, with the ports of this demo.
fn connector_config(servers: &Servers) -> anyhow::Result<Value> {
    let mut config: Value = serde_json::from_str(include_str!("../connectors/earthquakes-to-doris.json"))?;
    config["doris.http.port"] = servers.doris().fe.port().to_string().into();
    config["doris.query.port"] = servers.doris().mysql.port().to_string().into();
    Ok(config)
}

async fn wait_for_rows(rest: Rest, table: &mut Table, screen: &Screen, expected: u64) -> anyhow::Result<()> {
    let deadline = Instant::now() + ARRIVAL;
    loop {
        let count = table.count().await?;
        screen.bar(count, expected);
        if count >= expected {
            return Ok(());
        }
        let status = rest.get(&format!("/connectors/{CONNECTOR}/status")).await;
        if let Some(cause) = status.as_ref().ok().and_then(failure) {
            bail!("the connector failed: {cause}");
        }
        if Instant::now() > deadline {
            bail!("{count} of {expected} rows after {} s; status: {status:?}", ARRIVAL.as_secs());
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Why the connector or a task of it failed, when one did.
fn failure(status: &Value) -> Option<String> {
    let tasks = status["tasks"].as_array().into_iter().flatten();
    tasks
        .chain([&status["connector"]])
        .find(|part| part["state"] == "FAILED")
        .map(|part| part["trace"].as_str().unwrap_or("no cause is given").to_owned())
}

fn compare(screen: &Screen, file: &Checksum, table: &Checksum) -> anyhow::Result<()> {
    for (name, of) in [("file", file), ("table", table)] {
        screen.line(&format!("   {name:<6} {} rows  SHA-256 {}", grouped(of.rows as u64), of.sha256));
    }
    if file != table {
        bail!("the table does not hold what the file holds");
    }
    screen.line("   They agree: every earthquake is there once, every value as it was.");
    Ok(())
}

fn to_try(servers: &Servers, screen: &mut Screen) {
    let (rest, doris) = (servers.rest(), servers.doris());
    screen.step("Try it yourself; Ctrl-C ends the demo and removes its data");
    for path in ["status", "tasks", "pause", "resume", "stop"] {
        let note = if path == "stop" { "    # RocketMQ Connect's word for delete" } else { "" };
        screen.line(&format!("   curl {}{note}", rest.url(&format!("/connectors/{CONNECTOR}/{path}"))));
    }
    screen.line(&format!(
        "   mysql -h {} -P {} -u {USER} -p{PASSWORD} {DATABASE} -e 'SELECT kind, COUNT(*) FROM {TABLE} GROUP BY kind'",
        doris.mysql.ip(),
        doris.mysql.port()
    ));
    screen.line(&format!(
        "   tail -n 3 examples/data/earthquakes.jsonl | \\\n      cargo run --release -- produce -n {} -t {TOPIC} --key-field id",
        servers.name_server()
    ));
}
