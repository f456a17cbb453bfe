//! One broker per version for all tests of a process that do not kill it.

use tokio::sync::OnceCell;

use super::{RocketMq, Tuning, Version};

/// The RocketMQ of that version that the tests of this process share, started by the first who asks. Tests keep apart
/// by using topics and groups of their own. The one of 5.5.0 has a proxy.
///
/// # Errors
/// When it did not start; it is not tried again.
pub async fn shared(version: Version) -> anyhow::Result<&'static RocketMq> {
    static CELLS: [OnceCell<Result<RocketMq, String>>; Version::ALL.len()] =
        [const { OnceCell::const_new() }; Version::ALL.len()];
    let tuning = match version {
        Version::V5_5_0 => Tuning::default().with_proxy(),
        Version::V4_9_7 | Version::V5_3_3 => Tuning::default(),
    };
    let started = CELLS[version as usize]
        .get_or_init(|| async {
            RocketMq::start(version, tuning).await.map_err(|error| format!("{error:#}"))
        })
        .await;
    started.as_ref().map_err(|error| anyhow::anyhow!("the shared RocketMQ {version} did not start: {error}"))
}
