//! How much memory a worker may take.

use test_support::process::Process;

/// `worker.memory.bytes` by default: records of all tasks, with what is made of them on the way.
const FOR_RECORDS: u64 = 32 << 20;
/// Everything else: the program, its threads and its connections.
const FOR_THE_REST: u64 = 32 << 20;

/// Insists that the worker never took more than it may, and returns the most that it did, in bytes.
pub(crate) fn assert_bounded(worker: &Process) -> anyhow::Result<u64> {
    let peak = worker.peak_resident_bytes()?;
    anyhow::ensure!(
        peak <= FOR_RECORDS + FOR_THE_REST,
        "the worker took {} MiB, which is more than worker.memory.bytes and {} MiB",
        peak >> 20,
        FOR_THE_REST >> 20
    );
    Ok(peak)
}
