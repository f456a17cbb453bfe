//! Where queues begin: at first, later, and when they are not what they were.

#![allow(clippy::single_range_in_vec_init, reason = "one range of records is what is meant")]

use std::sync::Arc;
use std::time::Duration;

use connector_api::SinkError;
use remoting::{Client, ClientOptions, OutgoingMessage, Queue, TopicSpec};
use runtime::host::{Host, State, TargetState};
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::wait;

use crate::rig::{DEADLINE, Rig, config, name, until, until_failed, until_running, until_taken};
use crate::script::Act;

const LAST: (&str, &str) = ("consume.from.where", "CONSUME_FROM_LAST_OFFSET");
const FIRST: (&str, &str) = ("consume.from.where", "CONSUME_FROM_FIRST_OFFSET");
const EARLIEST: (&str, &str) = ("offset.out.of.range", "earliest");
const LATEST: (&str, &str) = ("offset.out.of.range", "latest");

fn numbers(ranges: &[std::ops::Range<i32>]) -> Vec<String> {
    let mut numbers: Vec<i32> = ranges.iter().cloned().flatten().collect();
    numbers.sort_unstable();
    numbers.iter().map(ToString::to_string).collect()
}

fn queue(id: i32) -> Queue {
    Queue::new("t", "b", id)
}

/// Waits until the sink has taken exactly these numbers, each once, in any order of queues.
async fn until_exactly(rig: &Rig, ranges: &[std::ops::Range<i32>]) -> anyhow::Result<()> {
    let expected = numbers(ranges);
    wait::until(DEADLINE, "exactly these records", async || {
        let mut bodies = rig.script.bodies();
        bodies.sort_by_key(|body| body.parse::<i32>().unwrap_or(-1));
        if bodies == expected { Ok(()) } else { Err(format!("{bodies:?}")) }
    })
    .await
}

/// Runs a connector until it takes records, and ends the worker.
async fn run_once(rig: &Rig, more: &[(&str, &str)], taken: usize) -> anyhow::Result<()> {
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(more)).await?;
    until_running(&worker, "c").await?;
    until_taken(&rig.script, taken).await?;
    worker.shutdown(DEADLINE).await;
    Ok(())
}

/// A worker whose connector has another configuration than when it was last run.
async fn reconfigured(rig: &Rig, more: &[(&str, &str)]) -> anyhow::Result<WorkerHandle> {
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(more)).await?;
    Ok(worker)
}

/// Options of a worker that sees new queues soon.
fn watchful(rig: &Rig) -> anyhow::Result<WorkerOptions> {
    let name_servers = vec![rig.name_server()];
    let route_refresh = Duration::from_millis(50);
    let client = Client::new(ClientOptions { name_servers, route_refresh, ..ClientOptions::default() })?;
    Ok(WorkerOptions { client, ..rig.options() })
}

/// Waits for a task to say, running or not, what was lost or stands in its way.
async fn until_said(worker: &WorkerHandle, parts: &[&str]) -> anyhow::Result<String> {
    let says = |trace: &Option<String>| {
        trace.as_ref().is_some_and(|trace| parts.iter().all(|part| trace.contains(part)))
    };
    let view = until(worker, "c", &format!("a task to say {parts:?}"), |view| {
        view.tasks.iter().any(|task| says(&task.trace))
    })
    .await?;
    Ok(view.tasks.into_iter().find_map(|task| task.trace.filter(|_| true)).unwrap_or_default())
}

/// Deletes topic `t` and creates it again with so many queues.
async fn create_again(rig: &Rig, queues: i32) -> anyhow::Result<()> {
    rig.client.delete_topic("t").await?;
    rig.client.create_topic(&TopicSpec::new("t", queues)).await?;
    Ok(())
}

/// Has the broker drop all messages of topic `t`, as if they were old, and keep those of the internal topics.
async fn drop_messages(rig: &mut Rig) -> anyhow::Result<i64> {
    let topics = ["connector-config-topic", "connector-offset-topic"];
    let kept = [rig.messages(topics[0]).await?, rig.messages(topics[1]).await?];
    rig.restart_broker_keeping(Some(Duration::from_millis(500))).await?;
    let end = until_dropped(rig, 0).await?;
    rig.restart_broker().await?;
    for message in kept.iter().flatten() {
        let properties = message.properties.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let again = OutgoingMessage {
            keys: message.keys().map(str::to_owned),
            properties: properties.filter(|(name, _)| name == "connect.format").collect(),
            ..OutgoingMessage::new(message.body.clone())
        };
        let queue = Queue::new(Arc::clone(&message.topic), "b", message.queue_id);
        wait::until(DEADLINE, "the broker to take a message", async || rig.client.send(&queue, &again).await)
            .await?;
    }
    Ok(end)
}

/// Waits until the broker has dropped all that stands in a queue.
async fn until_dropped(rig: &Rig, id: i32) -> anyhow::Result<i64> {
    wait::until(DEADLINE, "the broker to drop its messages", async || {
        let ends = async || {
            let (min, max) =
                (rig.client.min_offset(&queue(id)).await?, rig.client.max_offset(&queue(id)).await?);
            Ok::<_, remoting::Error>((min, max))
        };
        match ends().await.map_err(|error| error.to_string())? {
            (min, max) if min == max && min > 0 => Ok(min),
            ends => Err(format!("{ends:?}")),
        }
    })
    .await
}

mod first_start {
    use super::*;

    async fn check(begin: (&str, &str), old: bool) -> anyhow::Result<()> {
        let rig = Rig::start(5).await?;
        for id in 0..5 {
            rig.send(id, id * 10..id * 10 + 3).await?;
        }
        let worker = rig.worker().await?;
        worker.put_connector(name("c"), config(&[begin, ("max.tasks", "3")])).await?;
        until_running(&worker, "c").await?;
        for id in 0..5 {
            rig.send(id, id * 10 + 3..id * 10 + 6).await?;
        }
        let skipped = if old { 0 } else { 3 };
        let expected: Vec<_> = (0..5).map(|id| id * 10 + skipped..id * 10 + 6).collect();
        until_exactly(&rig, &expected).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn all_queues_of_all_tasks_begin_at_their_ends_when_that_is_configured() -> anyhow::Result<()> {
        check(LAST, false).await
    }

    #[tokio::test]
    async fn all_queues_of_all_tasks_begin_at_their_first_messages_when_that_is_configured()
    -> anyhow::Result<()> {
        check(FIRST, true).await
    }

    #[tokio::test]
    async fn a_topic_that_is_added_later_begins_by_the_configuration_too() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..3).await?;
        run_once(&rig, &[LAST], 0).await?;
        rig.client.create_topic(&TopicSpec::new("more", 1)).await?;
        let messages = ["a", "b"].map(OutgoingMessage::new);
        rig.client.send_all(&Queue::new("more", "b", 0), &messages).await?;
        let worker = reconfigured(&rig, &[LAST, ("connect.topicnames", "t;more")]).await?;
        until_running(&worker, "c").await?;
        rig.client.send_all(&Queue::new("more", "b", 0), &["c"].map(OutgoingMessage::new)).await?;
        assert_eq!(until_taken(&rig.script, 1).await?, ["c"]);
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }
}

mod later {
    use super::*;

    #[tokio::test]
    async fn a_queue_that_came_while_the_worker_was_away_begins_at_its_first_message() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..3).await?;
        run_once(&rig, &[LAST], 0).await?;
        rig.client.create_topic(&TopicSpec::new("t", 3)).await?;
        rig.send(1, 10..15).await?;
        rig.send(2, 20..25).await?;
        let worker = Worker::start(watchful(&rig)?).await?;
        until_exactly(&rig, &[10..15, 20..25]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_queue_that_comes_while_another_one_is_read_begins_at_its_first_message() -> anyhow::Result<()>
    {
        let rig = Rig::start(1).await?;
        let worker = Worker::start(watchful(&rig)?).await?;
        worker.put_connector(name("c"), config(&[LAST])).await?;
        until_running(&worker, "c").await?;
        rig.client.create_topic(&TopicSpec::new("t", 2)).await?;
        for round in 0..20 {
            rig.send(0, round * 2..round * 2 + 1).await?;
            rig.send(1, round * 2 + 1..round * 2 + 2).await?;
        }
        until_exactly(&rig, &[0..40]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn the_offset_topic_counts_more_than_a_group_that_is_behind() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..10).await?;
        run_once(&rig, &[], 10).await?;
        // As after a broker that was killed before it had written its offsets down.
        rig.client.update_offset("connect-c", &queue(0), 2).await?;
        rig.send(0, 10..15).await?;
        let worker = rig.worker().await?;
        until_exactly(&rig, &[0..15]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_group_that_is_ahead_is_followed() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..10).await?;
        run_once(&rig, &[], 10).await?;
        rig.send(0, 10..20).await?;
        // As a Java worker leaves it that had the connector in between.
        rig.client.update_offset("connect-c", &queue(0), 15).await?;
        let worker = rig.worker().await?;
        until_exactly(&rig, &[0..10, 15..20]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }
}

mod trimmed {
    use super::*;

    const RETENTION: Duration = Duration::from_secs(2);

    /// A connector that has taken 0 to 9 and been away while the broker dropped 10 to 19. 20 to 22 are there.
    async fn away_too_long() -> anyhow::Result<Rig> {
        let mut rig = Rig::start(1).await?;
        rig.send(0, 0..10).await?;
        run_once(&rig, &[], 10).await?;
        rig.send(0, 10..20).await?;
        assert_eq!(drop_messages(&mut rig).await?, 20);
        Ok(rig)
    }

    #[tokio::test]
    async fn the_task_fails_and_names_queue_offsets_and_the_way_out() -> anyhow::Result<()> {
        let rig = away_too_long().await?;
        let worker = rig.worker().await?;
        let cause = until_failed(&worker, "c").await?;
        for part in ["t/b/0", "offset 10", "first message is 20", "offset.out.of.range=earliest", "latest"] {
            assert!(cause.contains(part), "{part}: {cause}");
        }
        worker.put_connector(name("c"), config(&[EARLIEST])).await?;
        rig.send(0, 20..23).await?;
        until_exactly(&rig, &[0..10, 20..23]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn reading_goes_on_at_the_first_message_and_says_how_many_are_lost() -> anyhow::Result<()> {
        let rig = away_too_long().await?;
        rig.send(0, 20..23).await?;
        let worker = reconfigured(&rig, &[EARLIEST]).await?;
        until_exactly(&rig, &[0..10, 20..23]).await?;
        let said = until_said(&worker, &["10 messages passed over"]).await?;
        assert!(said.contains("t/b/0") && said.contains("offset 20"), "{said}");
        until_running(&worker, "c").await?;
        worker.shutdown(DEADLINE).await;
        // What was decided once is not decided again.
        rig.send(0, 23..25).await?;
        let worker = rig.worker().await?;
        let view = until_running(&worker, "c").await?;
        assert_eq!(view.tasks[0].trace, None);
        until_exactly(&rig, &[0..10, 20..25]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn reading_goes_on_behind_the_last_message() -> anyhow::Result<()> {
        let rig = away_too_long().await?;
        rig.send(0, 20..23).await?;
        let worker = reconfigured(&rig, &[LATEST]).await?;
        until_said(&worker, &["offset 23", "13 messages passed over"]).await?;
        rig.send(0, 23..25).await?;
        until_exactly(&rig, &[0..10, 23..25]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    /// A sink that is slower than the broker's retention: what was read before is delivered, what was not is told.
    #[tokio::test]
    async fn a_slow_sink_loses_only_what_was_not_read_yet() -> anyhow::Result<()> {
        let rig = Rig::start_keeping(1, Some(RETENTION)).await?;
        rig.script.on_put(|_| Act::Block);
        let options = WorkerOptions { task_memory: 64 * 1024, ..rig.options() };
        let worker = Worker::start(options).await?;
        worker.put_connector(name("c"), config(&[EARLIEST, ("batch.max.records", "10")])).await?;
        let padding = "x".repeat(10_000);
        let bodies: Vec<_> = (0..100).map(|number| format!("{number}-{padding}")).collect();
        rig.send_bodies(0, bodies.iter().map(String::as_str)).await?;
        wait::until_true(DEADLINE, "the sink to be busy", async || !rig.script.put().is_empty()).await?;
        assert_eq!(until_dropped(&rig, 0).await?, 100);
        rig.script.release();
        let said = until_said(&worker, &["passed over"]).await?;
        rig.send(0, 100..103).await?;
        let taken = wait::until(DEADLINE, "what came afterwards", async || {
            let bodies = rig.script.bodies();
            if bodies.last().is_some_and(|last| last == "102") { Ok(bodies) } else { Err(bodies.len()) }
        })
        .await?;
        let numbers: Vec<i32> =
            taken.iter().filter_map(|body| body.split('-').next()?.parse().ok()).collect();
        let read = i32::try_from(numbers.len())? - 3;
        let expected: Vec<i32> = (0..read).chain(100..103).collect();
        assert_eq!(numbers, expected, "what was read is delivered in order, and once");
        assert!(read >= 2, "what was in memory is not thrown away");
        assert!(said.contains(&format!("{} messages passed over", 100 - read)), "{said}, {read} were read");
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    /// Of a batch under way the sink may have all, so what is left of it comes under the same identity.
    #[tokio::test]
    async fn what_is_left_of_a_batch_under_way_comes_again_as_that_batch() -> anyhow::Result<()> {
        let rig = Rig::start_keeping(1, Some(RETENTION)).await?;
        rig.script.idempotent();
        rig.script.on_put(|_| Act::Hang);
        let worker = rig.worker().await?;
        worker
            .put_connector(name("c"), config(&[("batch.linger.ms", "3600000"), ("batch.max.records", "10")]))
            .await?;
        until_running(&worker, "c").await?;
        rig.send(0, 0..5).await?;
        wait::until_true(DEADLINE, "the first half to be dropped", async || {
            rig.client.min_offset(&queue(0)).await.is_ok_and(|min| min == 5)
        })
        .await?;
        rig.send(0, 5..10).await?;
        wait::until_true(DEADLINE, "the batch to be put", async || rig.script.put().len() == 1).await?;
        worker.shutdown(Duration::ZERO).await;

        rig.script.on_put(|_| Act::Take);
        let worker = reconfigured(&rig, &[EARLIEST]).await?;
        until_exactly(&rig, &[5..10]).await?;
        assert_eq!(rig.script.put(), ["c t/b/0 [0, 10)", "c t/b/0 [0, 10)"]);
        until_said(&worker, &["5 messages passed over"]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }
}

mod created_again {
    use super::*;

    /// How the topic comes to be another one.
    #[derive(Debug, Clone, Copy)]
    enum When {
        /// While its records are read.
        Running,
        /// While the connector has its queues and does not read them.
        Paused,
        /// While no worker runs.
        Away,
    }

    /// Takes 20 records, has the topic created again with `new` others in it, and takes those.
    async fn check(when: When, new: i32) -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.script.idempotent();
        let mut worker = rig.worker().await?;
        worker.put_connector(name("c"), config(&[EARLIEST])).await?;
        rig.send(0, 0..20).await?;
        until_taken(&rig.script, 20).await?;
        match when {
            When::Running => {}
            When::Paused => {
                worker.set_target(&name("c"), TargetState::Paused).await?;
                until(&worker, "c", "its task to pause", |view| view.tasks[0].state == State::Paused).await?;
            }
            When::Away => {
                worker.shutdown(DEADLINE).await;
            }
        }
        create_again(&rig, 1).await?;
        rig.send(0, 100..100 + new).await?;
        match when {
            When::Running => {}
            When::Paused => worker.set_target(&name("c"), TargetState::Started).await?,
            When::Away => worker = rig.worker().await?,
        }
        until_exactly(&rig, &[0..20, 100..100 + new]).await?;
        until_said(&worker, &["t/b/0", "created again", "reading went on at offset 0"]).await?;
        worker.shutdown(DEADLINE).await;

        // And it stays so, with a group offset of the topic before as well.
        rig.send(0, 200..230).await?;
        let worker = rig.worker().await?;
        until_exactly(&rig, &[0..20, 100..100 + new, 200..230]).await?;
        let generations = rig.script.generations();
        assert_eq!(generations.len(), 2, "the same offsets are other batches: {when:?}");
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_shorter_topic_is_read_from_its_beginning() -> anyhow::Result<()> {
        check(When::Running, 5).await?;
        check(When::Paused, 5).await?;
        check(When::Away, 5).await
    }

    #[tokio::test]
    async fn a_topic_of_the_same_length_is_read_from_its_beginning() -> anyhow::Result<()> {
        check(When::Running, 20).await?;
        check(When::Paused, 20).await?;
        check(When::Away, 20).await
    }

    #[tokio::test]
    async fn a_longer_topic_is_read_from_its_beginning() -> anyhow::Result<()> {
        check(When::Running, 100).await?;
        check(When::Paused, 100).await?;
        check(When::Away, 100).await
    }

    #[tokio::test]
    async fn without_a_policy_the_task_fails_and_says_why() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        let worker = rig.worker().await?;
        worker.put_connector(name("c"), config(&[])).await?;
        rig.send(0, 0..20).await?;
        until_taken(&rig.script, 20).await?;
        create_again(&rig, 1).await?;
        rig.send(0, 100..150).await?;
        let cause = until_said(&worker, &["t/b/0", "created again", "offset.out.of.range=earliest"]).await?;
        assert!(cause.contains("offset 19"), "{cause}");
        until_exactly(&rig, &[0..20]).await?;
        worker.put_connector(name("c"), config(&[LATEST])).await?;
        until_said(&worker, &["reading went on at offset 50", "50 messages passed over"]).await?;
        rig.send(0, 150..153).await?;
        until_exactly(&rig, &[0..20, 150..153]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    /// Opens a queue that ends at 20, reads nothing of it, and finds another one when it comes back.
    async fn opens_another_queue(group: Option<i64>) -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..20).await?;
        if let Some(offset) = group {
            rig.client.update_offset("connect-c", &queue(0), offset).await?;
        }
        run_once(&rig, &[LAST], 0).await?;
        create_again(&rig, 1).await?;
        rig.send(0, 100..150).await?;
        let worker = reconfigured(&rig, &[LAST, EARLIEST]).await?;
        until_exactly(&rig, &[100..150]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_queue_that_was_only_opened_is_recognised_too() -> anyhow::Result<()> {
        opens_another_queue(None).await
    }

    #[tokio::test]
    async fn a_queue_that_was_only_taken_over_from_a_group_is_recognised_too() -> anyhow::Result<()> {
        opens_another_queue(Some(20)).await
    }

    /// They are gone from the broker, and nowhere else than in memory.
    #[tokio::test]
    async fn records_of_the_topic_before_that_wait_for_their_batch_are_delivered() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        let worker = rig.worker().await?;
        let more = [EARLIEST, ("batch.linger.ms", "3600000"), ("batch.max.records", "5")];
        worker.put_connector(name("c"), config(&more)).await?;
        until_running(&worker, "c").await?;
        rig.send(0, 0..8).await?;
        // Those that follow came along with these.
        until_taken(&rig.script, 5).await?;
        create_again(&rig, 1).await?;
        rig.send(0, 100..120).await?;
        until_exactly(&rig, &[0..8, 100..120]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    /// Under the identity of a batch that the sink may have, it would take other records for those.
    #[tokio::test]
    async fn a_batch_under_way_does_not_come_again_with_other_records() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.script.idempotent();
        rig.script.on_put(|_| Act::Fail(SinkError::retriable("not now")));
        let worker = rig.worker().await?;
        worker.put_connector(name("c"), config(&[EARLIEST])).await?;
        rig.send(0, 0..20).await?;
        wait::until_true(DEADLINE, "a batch to be put", async || !rig.script.put().is_empty()).await?;
        worker.set_target(&name("c"), TargetState::Paused).await?;
        until(&worker, "c", "its task to pause", |view| view.tasks[0].state == State::Paused).await?;
        create_again(&rig, 1).await?;
        rig.send(0, 100..150).await?;
        rig.script.on_put(|_| Act::Take);
        worker.set_target(&name("c"), TargetState::Started).await?;
        until_exactly(&rig, &[100..150]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn a_topic_that_is_away_is_named_and_awaited() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        let worker = rig.worker().await?;
        worker.put_connector(name("c"), config(&[EARLIEST])).await?;
        rig.send(0, 0..20).await?;
        until_taken(&rig.script, 20).await?;
        rig.client.delete_topic("t").await?;
        until_said(&worker, &["t/b/0", "the topic `t` does not exist"]).await?;
        rig.client.create_topic(&TopicSpec::new("t", 1)).await?;
        rig.send(0, 100..103).await?;
        until_exactly(&rig, &[0..20, 100..103]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    /// A Java broker before version 5 keeps the offsets of groups when it deletes a topic.
    #[tokio::test]
    async fn a_group_offset_of_the_topic_before_is_not_followed() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..20).await?;
        run_once(&rig, &[], 20).await?;
        create_again(&rig, 1).await?;
        rig.client.update_offset("connect-c", &queue(0), 20).await?;
        rig.send(0, 100..105).await?;
        rig.script.on_put(|_| Act::Hang);
        let worker = reconfigured(&rig, &[EARLIEST]).await?;
        wait::until_true(DEADLINE, "the first batch", async || rig.script.put().len() > 1).await?;
        worker.shutdown(Duration::ZERO).await;
        rig.send(0, 105..150).await?;
        rig.script.on_put(|_| Act::Take);
        let worker = rig.worker().await?;
        until_exactly(&rig, &[0..20, 100..150]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }
}

mod own_position {
    use super::*;

    #[tokio::test]
    async fn beyond_the_queue_is_reported_like_any_other() -> anyhow::Result<()> {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..10).await?;
        rig.script.set_own_position(50);
        let worker = rig.worker().await?;
        worker.put_connector(name("c"), config(&[])).await?;
        let cause = until_failed(&worker, "c").await?;
        for part in ["t/b/0", "offset 50", "ends at 10", "offset.out.of.range=earliest"] {
            assert!(cause.contains(part), "{part}: {cause}");
        }
        worker.put_connector(name("c"), config(&[EARLIEST])).await?;
        until_exactly(&rig, &[0..10]).await?;
        until_said(&worker, &["reading went on at offset 0"]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    #[tokio::test]
    async fn below_what_the_broker_still_has_is_reported_like_any_other() -> anyhow::Result<()> {
        let mut rig = Rig::start(1).await?;
        rig.send(0, 0..10).await?;
        run_once(&rig, &[], 10).await?;
        assert_eq!(drop_messages(&mut rig).await?, 10);
        rig.script.set_own_position(4);
        let worker = rig.worker().await?;
        let cause = until_failed(&worker, "c").await?;
        for part in ["t/b/0", "offset 4", "first message is 10"] {
            assert!(cause.contains(part), "{part}: {cause}");
        }
        worker.put_connector(name("c"), config(&[LATEST])).await?;
        until_said(&worker, &["6 messages passed over"]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }

    /// Whoever followed it would leave out what stands below it in the new topic, if not at once then after the next start.
    #[tokio::test]
    async fn of_a_topic_that_was_created_again_stops_the_task_until_somebody_removes_it() -> anyhow::Result<()>
    {
        let rig = Rig::start(1).await?;
        rig.send(0, 0..10).await?;
        run_once(&rig, &[], 10).await?;
        rig.script.set_own_position(10);
        create_again(&rig, 1).await?;
        rig.send(0, 100..130).await?;
        for _ in 0..2 {
            let worker = rig.worker().await?;
            // The same configuration is refused the second time.
            drop(worker.put_connector(name("c"), config(&[EARLIEST])).await);
            let cause = until_said(&worker, &["created again", "everything below offset 10"]).await?;
            assert!(cause.contains("t/b/0") && cause.contains("remove the position"), "{cause}");
            worker.shutdown(DEADLINE).await;
        }
        until_exactly(&rig, &[0..10]).await?;
        rig.script.set_own_position(0);
        let worker = rig.worker().await?;
        until_exactly(&rig, &[0..10, 100..130]).await?;
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
        Ok(())
    }
}
