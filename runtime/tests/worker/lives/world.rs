//! A broker, a worker that may be gone any moment, and what its sinks have taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use remoting::{Client, ClientOptions, Queue};
use runtime::host::{Host, TargetState};
use runtime::plugins::Plugins;
use runtime::worker::{Ended, Worker, WorkerHandle, WorkerOptions};
use serde_json::{Value, json};
use test_support::wait;
use tokio::runtime::{Builder, Runtime};

use super::model::{Does, IDEMPOTENT, Model, NAMES, QUEUES, Step, class};
use crate::rest::Rest;
use crate::rig::{self, DEADLINE, Rig};
use crate::script::{Script, Scripted};

/// How long a kill waits for the right moment.
const MIDST: Duration = Duration::from_millis(100);

pub(crate) struct World {
    rig: Rig,
    sinks: BTreeMap<&'static str, Arc<Script>>,
    worker: Option<Life>,
}

/// A worker with all that a process has: when its runtime goes, it is gone.
struct Life {
    process: Process,
    client: Client,
    worker: WorkerHandle,
    rest: Rest,
}

/// What runs in it is gone, at the next `.await`, when it is dropped.
struct Process(Option<Runtime>);

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl World {
    pub(crate) async fn new() -> anyhow::Result<Self> {
        let rig = Rig::start(QUEUES).await?;
        let sinks: BTreeMap<_, _> = NAMES.into_iter().map(|name| (name, Script::new())).collect();
        sinks[IDEMPOTENT].idempotent();
        let mut world = Self { rig, sinks, worker: None };
        world.worker = Some(world.begin().await?);
        Ok(world)
    }

    async fn begin(&self) -> anyhow::Result<Life> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let sinks = self
            .sinks
            .iter()
            .map(|(name, script)| Scripted { class: class(name), script: Arc::clone(script) });
        let plugins = sinks.fold(Plugins::new(), Plugins::sink);
        let options = WorkerOptions { plugins, ..self.rig.options() };
        let name_servers = vec![self.rig.name_server()];
        let start = async move {
            let client = Client::new(ClientOptions { name_servers, ..ClientOptions::default() })?;
            let worker = Worker::start(WorkerOptions { client: client.clone(), ..options }).await?;
            let rest = Rest::serve(&worker).await?;
            anyhow::Ok((client, worker, rest))
        };
        let started = runtime.spawn(start);
        let process = Process(Some(runtime));
        let (client, worker, rest) = started.await??;
        Ok(Life { process, client, worker, rest })
    }

    /// Does what the step says, to the world and to the model; both have to agree about what is refused.
    pub(crate) async fn take(&mut self, step: &Step, model: &mut Model) -> anyhow::Result<()> {
        let life = self.worker.as_ref().context("there is a worker between steps")?;
        match step.does {
            Does::Put(name, variant) => {
                let put = life.rest.put(name, &variant.config(name)).await;
                same(put, model.put(name, variant), "same config")?;
            }
            Does::Target(name, TargetState::Stopped) => {
                // What no route says yet.
                let told = life.worker.set_target(&rig::name(name), TargetState::Stopped).await;
                same(told, model.aim(name, TargetState::Stopped), "does not exist")?;
            }
            Does::Target(name, target) => {
                let verb = if target == TargetState::Paused { "pause" } else { "resume" };
                let told = life.rest.tell(&format!("/connectors/{name}/{verb}")).await;
                same(told, model.aim(name, target), "does not exist")?;
            }
            Does::Delete(name) => {
                life.rest.tell(&format!("/connectors/{name}/stop")).await?;
                model.connectors.remove(name);
            }
            Does::PauseAll => {
                life.rest.tell("/connectors/pause/all").await?;
                model.pause_all();
            }
            Does::ResumeAll => {
                life.rest.tell("/connectors/resume/all").await?;
                model.resume_all();
            }
            Does::DeleteAll => {
                life.rest.tell("/connectors/stop/all").await?;
                model.connectors.clear();
            }
            Does::Send(queue, count) => {
                self.send(queue, count, model).await?;
            }
            Does::RestartWorker => self.restart(DEADLINE).await?,
            Does::ShutDownNow => {
                model.crashes += 1;
                self.restart(Duration::ZERO).await?;
            }
            Does::KillWorker(queue, [before, after]) => {
                model.crashes += 1;
                let taken = self.count_taken();
                self.send(queue, before, model).await?;
                // In the midst of them, if somebody takes them at all.
                drop(wait::until_true(MIDST, "some to be taken", async || self.count_taken() > taken).await);
                self.worker = None;
                self.send(queue, after, model).await?;
                self.worker = Some(self.begin().await?);
            }
            Does::RestartBroker => {
                self.rig.restart_broker().await?;
                let queue = Queue::new("t", "b", 0);
                wait::until(DEADLINE, "the broker to answer", async || {
                    self.rig.client.max_offset(&queue).await
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn send(&self, queue: i32, count: i32, model: &mut Model) -> anyhow::Result<()> {
        let sent = &mut model.sent[usize::try_from(queue)?];
        self.rig.send(queue, *sent..*sent + count).await?;
        *sent += count;
        Ok(())
    }

    fn count_taken(&self) -> usize {
        self.sinks.values().map(|sink| sink.taken().len()).sum()
    }

    async fn restart(&mut self, deadline: Duration) -> anyhow::Result<()> {
        self.stop(deadline).await?;
        self.worker = Some(self.begin().await?);
        Ok(())
    }

    async fn stop(&mut self, deadline: Duration) -> anyhow::Result<()> {
        let Some(Life { process, client, worker, rest }) = self.worker.take() else { return Ok(()) };
        rest.stop().await?;
        let ended = worker.shutdown(deadline).await;
        client.close().await;
        drop(process);
        ensure!(ended == Ended::InOrder || deadline.is_zero(), "the worker did not end in order");
        Ok(())
    }

    /// What is true at once when an operator's word is answered.
    pub(crate) async fn agrees(&self, model: &Model) -> anyhow::Result<()> {
        let life = self.worker.as_ref().context("there is a worker between steps")?;
        let list = life.rest.ask("/connectors/list").await?;
        let shown = list.as_object().context("a list of connectors")?;
        let configs: BTreeMap<_, _> =
            shown.iter().map(|(name, shown)| (name.as_str(), shown["info"]["config"].clone())).collect();
        let expected: BTreeMap<_, _> =
            model.connectors.iter().map(|(name, c)| (*name, c.variant.config(name))).collect();
        ensure!(configs == expected, "REST shows {configs:?}, expected are {expected:?}");
        let view = life.worker.view();
        for (connector, expected) in &model.connectors {
            let found = view.connectors.get(&rig::name(connector)).map(|view| view.target);
            ensure!(
                found == Some(expected.target),
                "{connector} aims at {found:?}, expected is {expected:?}"
            );
        }
        Ok(())
    }

    /// What becomes true after a while.
    pub(crate) async fn settles(&self, model: &Model) -> anyhow::Result<()> {
        let life = self.worker.as_ref().context("there is a worker between steps")?;
        for (name, connector) in &model.connectors {
            let state = match connector.target {
                TargetState::Started => "RUNNING",
                TargetState::Paused => "PAUSED",
                TargetState::Stopped => "STOPPED",
            };
            let tasks =
                (0..connector.variant.tasks).map(|id| json!({"state": state, "workerId": "w1", "id": id}));
            let expected = json!({
                "name": name,
                "connector": {"state": state, "trace": null, "workerId": "w1"},
                "tasks": tasks.collect::<Vec<_>>(),
                "type": "SINK",
            });
            wait::until(DEADLINE, &format!("{name} to be {state}"), async || {
                let status = life.rest.ask(&format!("/connectors/{name}/status")).await;
                match status.map(without_trouble).map_err(|error| error.to_string())? {
                    status if status == expected => Ok(()),
                    status => Err(status.to_string()),
                }
            })
            .await?;
        }
        Ok(())
    }

    pub(crate) async fn resume_all(&self, model: &Model) -> anyhow::Result<()> {
        let life = self.worker.as_ref().context("there is a worker between steps")?;
        let _: Value = life.rest.tell("/connectors/resume/all").await?;
        self.agrees(model).await
    }

    /// Every record was taken, once if the sink is idempotent or there was no crash; what a deleted connector has taken has
    /// no gaps.
    pub(crate) async fn has_everything(&self, model: &Model) -> anyhow::Result<()> {
        for name in model.connectors.keys() {
            wait::until(DEADLINE, &format!("{name} to have everything"), async || {
                let missing = (0..QUEUES).find(|queue| {
                    let last = model.sent.get(usize::try_from(*queue).unwrap_or_default()).copied();
                    last.is_some_and(|sent| sent > 0 && !self.taken(name, *queue).contains(&(sent - 1)))
                });
                missing.map_or(Ok(()), |queue| Err(format!("queue {queue}: {:?}", self.taken(name, queue))))
            })
            .await?;
        }
        for (name, queue) in NAMES.iter().flat_map(|name| (0..QUEUES).map(move |queue| (name, queue))) {
            let taken = self.taken(name, queue);
            let repeats = if *name == IDEMPOTENT { 0 } else { model.crashes };
            is_in_order(&taken, repeats).with_context(|| format!("{name}, queue {queue}: {taken:?}"))?;
        }
        Ok(())
    }

    /// The numbers of the records of a queue, as a connector's sink has taken them.
    fn taken(&self, name: &str, queue: i32) -> Vec<i32> {
        let taken = self.sinks.get(name).map(|script| script.taken()).unwrap_or_default();
        let mut known = BTreeSet::new();
        let of_queue = taken.into_iter().filter(|taken| i32::try_from(taken.queue.queue) == Ok(queue));
        // A batch that it has is what an idempotent sink refuses.
        let seen = of_queue.filter(|taken| known.insert((taken.first, taken.next)) || name != IDEMPOTENT);
        seen.flat_map(|taken| taken.bodies).filter_map(|body| body.parse().ok()).collect()
    }

    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        self.stop(DEADLINE).await?;
        self.rig.stop().await;
        Ok(())
    }
}

/// A task that runs may say what stands in its way at the moment.
fn without_trouble(mut status: Value) -> Value {
    for task in status["tasks"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        task.shift_remove("trace");
    }
    status
}

/// Both the world and the model have accepted something, or both have refused it, for the reason given.
fn same<T, E: std::fmt::Display>(answer: Result<T, E>, accepted: bool, reason: &str) -> anyhow::Result<()> {
    match answer {
        Ok(_) => ensure!(accepted, "accepted, and was to be refused: {reason}"),
        Err(error) => {
            ensure!(!accepted && error.to_string().contains(reason), "refused: {error}");
        }
    }
    Ok(())
}

/// Records from 0 on without a gap, going back at most so often.
fn is_in_order(taken: &[i32], repeats: usize) -> anyhow::Result<()> {
    let mut next = 0;
    for number in taken {
        ensure!(*number <= next, "{number} came before {next}");
        next = next.max(number + 1);
    }
    let back = taken.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
    ensure!(back <= repeats, "went back {back} times, and {repeats} times would be right");
    Ok(())
}
