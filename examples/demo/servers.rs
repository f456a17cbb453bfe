//! The three servers of the demo, in this one process.

use crate::{
    arguments::{Arguments, loopback},
    rest::Rest,
    table::PASSWORD,
};
use anyhow::Context;
use devbroker::DevBroker;
use doris_standin::Standin;
use rocketmq_connect::standalone;
use runtime::config::{Leniency, WorkerConfig};
use std::{net::SocketAddr, path::Path};

/// All of them, running. What they keep is in the directory they were started with.
pub(crate) struct Servers {
    broker: devbroker::Running,
    doris: doris_standin::Running,
    worker: standalone::Running,
}

impl Servers {
    pub(crate) async fn start(arguments: &Arguments, data: &Path) -> anyhow::Result<Self> {
        let listen = loopback(arguments.name_server_port);
        let broker = DevBroker::start(devbroker::Options::new(listen, data.join("broker"))).await?;
        let doris = Standin::start(doris_standin::Options {
            fe_http: loopback(arguments.fe_http_port),
            be_http: loopback(arguments.be_http_port),
            mysql: loopback(arguments.mysql_port),
            password: PASSWORD.into(),
            data: Some(data.join("doris")),
            ..doris_standin::Options::default()
        });
        let doris = doris.await?;
        let config = worker_config(arguments.rest_port, broker.addr())?;
        let worker = standalone::start(config).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        Ok(Self { broker, doris, worker })
    }

    pub(crate) fn rest(&self) -> Rest {
        Rest(self.worker.rest())
    }

    pub(crate) fn name_server(&self) -> SocketAddr {
        self.broker.addr()
    }

    pub(crate) fn doris(&self) -> &doris_standin::Running {
        &self.doris
    }

    /// Ends them in the order in which they need each other.
    pub(crate) async fn stop(self) {
        self.worker.finish().await;
        self.doris.shutdown().await;
        self.broker.shutdown().await;
    }
}

/// What an operator would write into a file.
fn worker_config(rest_port: u16, name_server: SocketAddr) -> anyhow::Result<WorkerConfig> {
    let text = format!("workerId=demo-worker\nhttpPort={rest_port}\nnamesrvAddr={name_server}\n");
    let (config, _) = WorkerConfig::from_text(Path::new("demo.conf"), &text, Leniency::Strict, None)
        .context("the demo's configuration")?;
    Ok(config)
}
