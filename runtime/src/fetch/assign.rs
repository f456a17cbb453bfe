//! Which queues a task reads.

use connector_api::QueueId;

/// The share of task `task`, one of `tasks`, of `queues`, which are sorted.
///
/// Contiguous blocks, the first ones larger by one when it does not come out even, as RocketMQ's
/// `AllocateMessageQueueAveragely` gives them to a group's members. Tasks beyond the number of queues get none.
pub fn share(queues: &[QueueId], task: usize, tasks: usize) -> &[QueueId] {
    let tasks = tasks.max(1);
    let (each, rest) = (queues.len() / tasks, queues.len() % tasks);
    let first = task * each + task.min(rest);
    let count = each + usize::from(task < rest);
    queues.get(first..first + count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(queues: u32, tasks: usize, expected: &[&[u32]]) {
        let queues: Vec<_> =
            (0..queues).map(|queue| QueueId { topic: "t".into(), broker: "b".into(), queue }).collect();
        let shares: Vec<Vec<u32>> =
            (0..tasks).map(|task| share(&queues, task, tasks).iter().map(|q| q.queue).collect()).collect();
        assert_eq!(shares, expected);
    }

    #[test]
    fn queues_are_shared_in_blocks_each_to_one_task() {
        check(4, 1, &[&[0, 1, 2, 3]]);
        check(4, 2, &[&[0, 1], &[2, 3]]);
        check(5, 3, &[&[0, 1], &[2, 3], &[4]]);
        check(8, 3, &[&[0, 1, 2], &[3, 4, 5], &[6, 7]]);
        check(2, 4, &[&[0], &[1], &[], &[]]);
        check(0, 2, &[&[], &[]]);
    }
}
