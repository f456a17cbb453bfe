//! `/metrics`: what a worker has done and what state it is in, in Prometheus's text format.
//!
//! Series are bounded by connectors and tasks, and by the queues that have lost messages.

use crate::{
    host::{State, TaskView, WorkerView},
    task::{Counters, OutOfRangeCount},
};
use connector_api::{ConnectorName, FigureValue, FigureView, QueueId};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::{Display, Write},
    sync::atomic::Ordering::Relaxed,
};

/// What `WorkerView` says, as text (Prometheus, exposition formats, text format 0.0.4).
pub(super) fn text(view: &WorkerView) -> String {
    let mut text = Text::default();
    text.family("rocketmq_connect_info", "gauge", "The worker that answers.");
    text.sample(&[("version", &env!("CARGO_PKG_VERSION")), ("worker", &view.worker_id)], 1);
    let help = "Records of the configuration topic that cannot be read; the worker cannot start again before each has a whole one behind it.";
    text.family("rocketmq_connect_config_records_unreadable", "gauge", help);
    text.sample(&[], view.unreadable);
    text.family("rocketmq_connect_connector_state", "gauge", "1 for the state that the connector is in.");
    for (name, connector) in &view.connectors {
        text.sample(&[("connector", name), ("state", &word(connector.state))], 1);
    }
    text.family("rocketmq_connect_task_state", "gauge", "1 for the state that the task is in.");
    for (task, view) in tasks(view) {
        text.sample(&task.with("state", &word(view.state)), 1);
    }
    let help = "1 while something stands in the way of a task that runs, or has been passed over; its status says what.";
    text.family("rocketmq_connect_task_trouble", "gauge", help);
    for (task, view) in tasks(view) {
        text.sample(&task.labels(), u8::from(view.state == State::Running && view.trace.is_some()));
    }
    text.family("rocketmq_connect_task_failures_in_a_row", "gauge", "Starts in a row that ended in failure.");
    for (task, view) in tasks(view) {
        text.sample(&task.labels(), view.restart.map_or(0, |restart| restart.attempt));
    }
    for (name, help, count) in COUNTS {
        text.family(name, "counter", help);
        for (task, view) in tasks(view) {
            text.sample(&task.labels(), count(&view.counters));
        }
    }
    let help = "When offsets were last committed, in seconds since 1970.";
    text.family("rocketmq_connect_task_last_commit_timestamp_seconds", "gauge", help);
    for (task, view) in tasks(view) {
        match view.counters.last_commit.load(Relaxed) {
            0 => {}
            millis => text.sample(&task.labels(), millis.div_euclid(1000)),
        }
    }
    queues(&mut text, view);
    sinks(&mut text, view);
    text.text
}

/// What sinks count themselves: counts and times; texts are in the status only.
fn sinks(text: &mut Text, view: &WorkerView) {
    let mut families: BTreeMap<(&str, &str), Vec<(Task<'_>, FigureView)>> = BTreeMap::new();
    for (task, view) in tasks(view) {
        for figure in view.counters.sink.all() {
            let unit = match figure.value {
                FigureValue::Count(_) => "",
                FigureValue::Elapsed(_) => "_seconds",
                FigureValue::Latest(_) => continue,
            };
            families.entry((figure.name, unit)).or_default().push((task, figure));
        }
    }
    for ((name, unit), figures) in families {
        let help = figures.first().map_or("", |(_, figure)| figure.help);
        text.family(format!("rocketmq_connect_sink_{name}{unit}_total"), "counter", help);
        for (task, FigureView { labels, value, .. }) in &figures {
            let [connector, task] = task.labels();
            let labels = labels.iter().map(|(label, value)| (*label, value as &dyn Display));
            let labels: Vec<_> = [connector, task].into_iter().chain(labels).collect();
            match value {
                FigureValue::Count(count) => text.sample(&labels, count),
                FigureValue::Elapsed(elapsed) => text.sample(&labels, elapsed.as_secs_f64()),
                FigureValue::Latest(_) => {}
            }
        }
    }
}

/// Queues that did not have what came next.
fn queues(text: &mut Text, view: &WorkerView) {
    let mut family = |name, help, count: fn(&OutOfRangeCount) -> u64| {
        text.family(name, "counter", help);
        for (task, view) in tasks(view) {
            for (QueueId { topic, broker, queue }, found) in view.counters.out_of_range() {
                let [connector, task] = task.labels();
                let queue: [(_, &dyn Display); 3] =
                    [("topic", &topic), ("broker", &broker), ("queue", &queue)];
                let [topic, broker, queue] = queue;
                text.sample(&[connector, task, topic, broker, queue], count(&found));
            }
        }
    };
    family(
        "rocketmq_connect_queue_out_of_range_total",
        "How often a queue did not have what was to be read next: its broker has dropped it, or the topic is another one.",
        |found| found.times,
    );
    family(
        "rocketmq_connect_queue_lost_messages_total",
        "Messages passed over as offset.out.of.range says, as far as their number is known.",
        |found| found.lost,
    );
}

type Count = (&'static str, &'static str, fn(&Counters) -> u64);

const COUNTS: [Count; 9] = [
    ("rocketmq_connect_task_records_read_total", "Records read from queues.", |c| c.read.load(Relaxed)),
    ("rocketmq_connect_task_records_put_total", "Records that the sink has.", |c| c.put.load(Relaxed)),
    (
        "rocketmq_connect_task_bytes_put_total",
        "Bytes of bodies and properties of the messages in batches that the sink has.",
        |c| c.bytes.load(Relaxed),
    ),
    ("rocketmq_connect_task_batches_put_total", "Batches that the sink has.", |c| c.batches.load(Relaxed)),
    ("rocketmq_connect_task_put_retries_total", "Batches put again after a failure.", |c| {
        c.retries.load(Relaxed)
    }),
    ("rocketmq_connect_task_records_skipped_total", "Records given up by errors.tolerance.", |c| {
        c.skipped.load(Relaxed)
    }),
    ("rocketmq_connect_task_dead_letters_total", "Records sent to the dead-letter topic.", |c| {
        c.dead_letters.load(Relaxed)
    }),
    // Also while there is nothing to tell, so that a rate sees the first one.
    (
        "rocketmq_connect_task_out_of_range_total",
        "How often one of its queues did not have what was to be read next.",
        |c| c.out_of_range().values().map(|found| found.times).sum(),
    ),
    (
        "rocketmq_connect_task_lost_messages_total",
        "Messages of its queues passed over as offset.out.of.range says, as far as their number is known.",
        |c| c.out_of_range().values().map(|found| found.lost).sum(),
    ),
];

#[derive(Clone, Copy)]
struct Task<'a> {
    connector: &'a ConnectorName,
    number: u32,
}

impl Task<'_> {
    fn labels(&self) -> [(&str, &dyn Display); 2] {
        [("connector", self.connector), ("task", &self.number)]
    }

    fn with<'b>(&'b self, name: &'b str, value: &'b dyn Display) -> [(&'b str, &'b dyn Display); 3] {
        let [connector, task] = self.labels();
        [connector, task, (name, value)]
    }
}

fn tasks(view: &WorkerView) -> impl Iterator<Item = (Task<'_>, &TaskView)> {
    view.connectors.iter().flat_map(|(connector, view)| {
        view.tasks.iter().zip(0..).map(move |(task, number)| (Task { connector, number }, task))
    })
}

fn word(state: State) -> &'static str {
    match state {
        State::Unassigned => "unassigned",
        State::Running => "running",
        State::Paused => "paused",
        State::Failed => "failed",
        State::Stopped => "stopped",
    }
}

/// Families of samples, one after the other.
#[derive(Default)]
struct Text {
    text: String,
    family: Cow<'static, str>,
}

impl Text {
    fn family(&mut self, name: impl Into<Cow<'static, str>>, kind: &str, help: &str) {
        let name = name.into();
        // Writing to a string cannot fail.
        write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n").unwrap_or_default();
        self.family = name;
    }

    fn sample(&mut self, labels: &[(&str, &dyn Display)], value: impl Display) {
        self.text.push_str(&self.family);
        let mut separator = '{';
        for (name, label) in labels {
            let label = label.to_string().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            write!(self.text, "{separator}{name}=\"{label}\"").unwrap_or_default();
            separator = ',';
        }
        let end = if labels.is_empty() { "" } else { "}" };
        writeln!(self.text, "{end} {value}").unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_its_help_its_type_and_its_samples() {
        let mut text = Text::default();
        text.family("a_total", "counter", "How many.");
        text.sample(&[("connector", &"x\\y \"z\"\n"), ("task", &0)], 7);
        text.sample(&[("connector", &"b"), ("task", &1)], 0);
        let expected = concat!(
            "# HELP a_total How many.\n",
            "# TYPE a_total counter\n",
            "a_total{connector=\"x\\\\y \\\"z\\\"\\n\",task=\"0\"} 7\n",
            "a_total{connector=\"b\",task=\"1\"} 0\n",
        );
        assert_eq!(text.text, expected);
    }
}
