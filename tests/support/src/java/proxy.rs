//! RocketMQ's proxy (5.x) in cluster mode: remoting clients use its port as name server and broker.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;

use super::Version;
use super::cluster::loopback;
use super::jvm::Jvm;
use crate::process::Process;
use crate::{Scratch, ports};

const START_DEADLINE: Duration = Duration::from_secs(120);

/// Starts a proxy and waits for its remoting port.
pub(super) async fn start(
    scratch: &Scratch,
    jvm: &Jvm,
    version: Version,
    name_server: SocketAddr,
) -> anyhow::Result<(SocketAddr, Process)> {
    anyhow::ensure!(
        version.artifacts().contains(&"proxy"),
        "RocketMQ {version} is started without a proxy here; use {}",
        Version::V5_5_0
    );
    let remoting = loopback(ports::free()?);
    let configuration = json!({
        "rocketMQClusterName": "test-cluster",
        "namesrvAddr": name_server.to_string(),
        "grpcServerPort": ports::free()?,
        "remotingListenPort": remoting.port(),
        // What routes name as the brokers' address.
        "remotingAccessAddr": remoting.ip().to_string(),
        "localServeAddr": remoting.ip().to_string(),
    });
    let configuration = scratch.write("proxy.json", configuration.to_string())?;
    let mut command = jvm.command("proxy")?;
    command
        .args(["-Xms64m", "-Xmx256m", "org.apache.rocketmq.proxy.ProxyStartup", "-pm", "cluster", "-n"])
        .arg(name_server.to_string())
        .arg("-pc")
        .arg(configuration);
    let mut process = Process::spawn(scratch, "proxy", command)?;
    process.wait_listening(remoting, START_DEADLINE).await?;
    Ok((remoting, process))
}
