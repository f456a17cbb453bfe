//! Getting a fresh broker into the route: it registers ten seconds late when it loses a race with its own start.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;

use crate::frame::call;
use crate::wait;

/// RocketMQ remoting, `RequestCode.UPDATE_BROKER_CONFIG`.
const UPDATE_BROKER_CONFIG: u16 = 25;
/// RocketMQ remoting, `RequestCode.GET_ROUTEINFO_BY_TOPIC`.
const GET_ROUTE: u16 = 105;
/// A topic that every broker has from its start.
const SYSTEM_TOPIC: &str = "SELF_TEST_TOPIC";

/// Waits until `name_server` routes to `broker`, which already listens, by its address for clients.
pub(crate) async fn wait_registered(
    name_server: SocketAddr,
    broker: SocketAddr,
    advertised: SocketAddr,
    deadline: Duration,
) -> anyhow::Result<()> {
    let wanted = format!("\"{advertised}\"");
    wait::until(deadline, "the broker in the route", async || {
        // Any change of its configuration makes a broker register at once; this one changes nothing.
        let kick = call(broker, UPDATE_BROKER_CONFIG, json!({}), b"brokerPermission=6").await?;
        let route = call(name_server, GET_ROUTE, json!({ "topic": SYSTEM_TOPIC }), b"").await?;
        let body = String::from_utf8_lossy(&route.body).into_owned();
        anyhow::ensure!(
            body.contains(&wanted),
            "kick {}, route {} {} {body}",
            kick.code,
            route.code,
            route.remark
        );
        Ok(())
    })
    .await
}
