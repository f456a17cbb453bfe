//! What SHOW BACKENDS and SHOW FRONTENDS list, and the front end over HTTP.

use crate::clock::{now_ms, sql_time};
use crate::cluster::Cluster;
use crate::version::Version;

/// Columns and rows of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeList {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl NodeList {
    fn new(rows: Vec<Vec<(&'static str, String)>>) -> Self {
        let columns = rows.first().map(|row| row.iter().map(|(name, _)| *name).collect()).unwrap_or_default();
        let rows = rows.into_iter().map(|row| row.into_iter().map(|(_, value)| value).collect()).collect();
        Self { columns, rows }
    }
}

/// All back ends. What a stand-in has no figures for is as of a small machine.
pub(crate) fn backends(cluster: &Cluster) -> NodeList {
    let tablets: usize = cluster
        .store
        .names()
        .iter()
        .filter_map(|name| cluster.store.database(name))
        .map(|database| database.tables().len())
        .sum();
    let now = now_ms();
    let rows = cluster.backends.all().map(|(node, alive)| {
        let mut row = vec![
            ("BackendId", node.id.to_string()),
            ("Host", node.address.ip().to_string()),
            ("HeartbeatPort", "9050".to_owned()),
            ("BePort", "9060".to_owned()),
            ("HttpPort", node.address.port().to_string()),
            ("BrpcPort", "8060".to_owned()),
        ];
        if cluster.version >= Version::V2_1 {
            row.push(("ArrowFlightSqlPort", "-1".to_owned()));
        }
        let status = format!(
            "{{\"lastSuccessReportTabletsTime\":\"{}\",\"lastStreamLoadTime\":-1,\"isQueryDisabled\":false,\"isLoadDisabled\":false,\"isActive\":true,\"currentFragmentNum\":0,\"lastFragmentUpdateTime\":0}}",
            sql_time(now)
        );
        let (error, failures) = if alive { ("", "0") } else { ("java.net.ConnectException: Connection refused", "1") };
        row.extend([
            ("LastStartTime", sql_time(node.started_ms())),
            ("LastHeartbeat", sql_time(now)),
            ("Alive", alive.to_string()),
            ("SystemDecommissioned", "false".to_owned()),
            ("TabletNum", tablets.to_string()),
            ("DataUsedCapacity", "0.000 ".to_owned()),
            ("TrashUsedCapacity", "0.000 ".to_owned()),
            ("AvailCapacity", "512.000 GB".to_owned()),
            ("TotalCapacity", "1024.000 GB".to_owned()),
            ("UsedPct", "50.00 %".to_owned()),
            ("MaxDiskUsedPct", "50.00 %".to_owned()),
            ("RemoteUsedCapacity", "0.000 ".to_owned()),
            ("Tag", "{\"location\" : \"default\"}".to_owned()),
            ("ErrMsg", error.to_owned()),
            ("Version", cluster.version.release().to_owned()),
            ("Status", status),
            ("HeartbeatFailureCounter", failures.to_owned()),
            ("NodeRole", "mix".to_owned()),
            ("CpuCores", "4".to_owned()),
            ("Memory", "8.00 GB".to_owned()),
        ]);
        row
    });
    NodeList::new(rows.collect())
}

/// The one front end.
pub(crate) fn frontends(cluster: &Cluster) -> NodeList {
    let elapsed = i64::try_from(cluster.started.elapsed().as_millis()).unwrap_or_default();
    let now = now_ms();
    let mut row = vec![
        ("Name", "fe_doris_standin".to_owned()),
        ("Host", cluster.fe.http.ip().to_string()),
        ("EditLogPort", "9010".to_owned()),
        ("HttpPort", cluster.fe.http.port().to_string()),
        ("QueryPort", cluster.fe.mysql.port().to_string()),
        ("RpcPort", "9020".to_owned()),
    ];
    if cluster.version >= Version::V2_1 {
        row.push(("ArrowFlightSqlPort", "-1".to_owned()));
    }
    row.extend([
        ("Role", "FOLLOWER".to_owned()),
        ("IsMaster", "true".to_owned()),
        ("ClusterId", CLUSTER_ID.to_string()),
        ("Join", "true".to_owned()),
        ("Alive", "true".to_owned()),
        ("ReplayedJournalId", "1".to_owned()),
        ("LastStartTime", sql_time(now - elapsed)),
        ("LastHeartbeat", sql_time(now)),
        ("IsHelper", "true".to_owned()),
        ("ErrMsg", String::new()),
        ("Version", cluster.version.release().to_owned()),
    ]);
    NodeList::new(vec![row])
}

/// The number that the processes of one cluster know each other by.
pub(crate) const CLUSTER_ID: i32 = 1_182_938_563;
