//! Sinks that block, hang, panic or fail in any of their methods: nobody else notices, and operators stay in charge.

pub(crate) mod sink;

use std::time::{Duration, Instant};

use runtime::host::{ConnectorView, Host, State, TargetState, TaskPhase};
use runtime::plugins::Plugins;
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::wait;

use self::sink::{Harm, Hostile, Method};
use crate::rest::Rest;
use crate::rig::{DEADLINE, OTHER, Rig, config, name, until, until_running, until_taken};
use crate::script::Scripted;

/// How long a task may take to stop.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long a class may take to answer: time enough to see that nobody else waits.
const CLASS_PATIENCE: Duration = Duration::from_secs(2);

/// What an operator's word takes at most when a sink does harm. A busy machine has its share in it.
const SOON: Duration = Duration::from_secs(5);

/// A connector that is left in peace, beside hostile ones.
struct Neighbourhood {
    rig: Rig,
    sinks: Vec<Hostile>,
    sent: i32,
}

impl Neighbourhood {
    async fn start(sinks: Vec<Hostile>) -> anyhow::Result<Self> {
        Ok(Self { rig: Rig::start(1).await?, sinks, sent: 0 })
    }

    fn options(&self) -> WorkerOptions {
        let peaceful = Scripted { class: OTHER, script: self.rig.other.clone() };
        let plugins = self.sinks.iter().cloned().fold(Plugins::new().sink(peaceful), Plugins::sink);
        let options = WorkerOptions { plugins, ..self.rig.options() };
        WorkerOptions { stop_timeout: PATIENCE, class_timeout: CLASS_PATIENCE, ..options }
    }

    async fn worker(&self) -> anyhow::Result<WorkerHandle> {
        let worker = Worker::start(self.options()).await?;
        if worker.view().connectors.is_empty() {
            worker.put_connector(name("peaceful"), config(&[("connector.class", OTHER)])).await?;
        }
        until_running(&worker, "peaceful").await?;
        Ok(worker)
    }

    async fn create_all(&self, worker: &WorkerHandle) -> anyhow::Result<()> {
        for sink in &self.sinks {
            let config = config(&[("connector.class", sink.class())]);
            worker.put_connector(name(sink.class()), config).await?;
        }
        Ok(())
    }

    /// Three more records reach the peaceful connector, and questions are answered at once.
    async fn goes_on(&mut self, rest: &Rest) -> anyhow::Result<()> {
        self.rig.send(0, self.sent..self.sent + 3).await?;
        self.sent += 3;
        until_taken(&self.rig.other, usize::try_from(self.sent)?).await?;
        rest.ask("/connectors/list").await?;
        rest.ask("/allocated/tasks").await?;
        Ok(())
    }

    fn disarm_all(&self) {
        self.sinks.iter().for_each(Hostile::disarm);
    }
}

/// What a task looks like while its sink does harm.
fn expected(sink: &Hostile) -> (State, TaskPhase, &'static str) {
    match (sink.method(), sink.harm()) {
        (Method::Task | Method::Start | Method::Open, Harm::Block | Harm::Pend) => {
            (State::Unassigned, TaskPhase::Pending, "")
        }
        (Method::Task | Method::Start | Method::Open, _) => (State::Failed, TaskPhase::Error, "harm is done"),
        (Method::Put, Harm::Panic | Harm::PanicTwice | Harm::Fatal) => {
            (State::Failed, TaskPhase::Error, "harm is done")
        }
        (Method::Put, Harm::Retriable) => (State::Running, TaskPhase::Running, "harm is done"),
        _ => (State::Running, TaskPhase::Running, ""),
    }
}

fn is_as_expected(sink: &Hostile, view: &ConnectorView) -> bool {
    let (state, phase, part) = expected(sink);
    let task = &view.tasks[0];
    let trace = task.trace.as_deref().unwrap_or_default();
    // A failed task is started again and again, and is on its way then.
    let phase_fits = task.phase == phase || state == State::Failed;
    task.state == state && phase_fits && trace.contains(part) && (trace.is_empty() == part.is_empty())
}

fn all_harms(method: Method) -> Vec<Hostile> {
    use Harm::{Block, Fatal, Panic, PanicTwice, Pend, Retriable};
    let harms: &[Harm] = match method {
        Method::Task | Method::Drop => &[Block, Panic],
        _ => &[Block, Pend, Panic, PanicTwice, Fatal, Retriable],
    };
    harms.iter().map(|harm| Hostile::new(method, *harm)).collect()
}

/// The whole life of connectors that do harm in `method`, each in another way, all at once.
async fn check_task(method: Method) -> anyhow::Result<()> {
    let mut all = Neighbourhood::start(all_harms(method)).await?;
    let worker = all.worker().await?;
    let rest = Rest::serve(&worker).await?;
    all.create_all(&worker).await?;
    all.goes_on(&rest).await?;
    for sink in &all.sinks {
        until(&worker, sink.class(), "the truth", |view| is_as_expected(sink, view)).await?;
    }

    let asked = Instant::now();
    for sink in &all.sinks {
        rest.tell(&format!("/connectors/{}/pause", sink.class())).await?;
        worker.set_target(&name(sink.class()), TargetState::Stopped).await?;
    }
    assert!(asked.elapsed() < SOON, "to pause and to stop took {:?}", asked.elapsed());
    all.goes_on(&rest).await?;
    for sink in &all.sinks {
        let what = format!("{} to be stopped", sink.class());
        let view = until(&worker, sink.class(), &what, |view| view.tasks[0].state == State::Stopped).await?;
        let trace = view.tasks[0].trace.clone().unwrap_or_default();
        assert_eq!(trace.contains("left behind"), sink.harm() == Harm::Block, "{}: {trace:?}", sink.class());
    }

    let asked = Instant::now();
    for sink in &all.sinks {
        rest.tell(&format!("/connectors/{}/stop", sink.class())).await?;
    }
    assert!(asked.elapsed() < SOON, "to delete took {:?}", asked.elapsed());
    assert_eq!(worker.view().connectors.len(), 1, "the peaceful one is left");
    all.goes_on(&rest).await?;

    all.disarm_all();
    all.create_all(&worker).await?;
    let last = (all.sent - 1).to_string();
    for sink in &all.sinks {
        let what = format!("{} to take records at last", sink.class());
        wait::until_true(DEADLINE, &what, async || sink.taken().contains(&last)).await?;
        until_running(&worker, sink.class()).await?;
    }

    all.sinks.iter().for_each(Hostile::arm);
    all.goes_on(&rest).await?;
    let asked = Instant::now();
    worker.shutdown(PATIENCE).await;
    assert!(asked.elapsed() < SOON, "to shut down took {:?}", asked.elapsed());
    all.disarm_all();
    rest.stop().await?;
    all.rig.stop().await;
    Ok(())
}

macro_rules! task_methods {
    ($($test:ident: $method:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() -> anyhow::Result<()> {
            check_task(Method::$method).await
        }
    )*};
}

task_methods! {
    harm_in_the_making_of_a_task_reaches_nobody_else: Task;
    harm_in_start_reaches_nobody_else: Start;
    harm_in_open_reaches_nobody_else: Open;
    harm_in_put_reaches_nobody_else: Put;
    harm_in_close_reaches_nobody_else: Close;
    harm_in_stop_reaches_nobody_else: Stop;
    harm_when_a_task_is_dropped_reaches_nobody_else: Drop;
}

/// The class's own methods are called when a connector is created and when a worker starts.
async fn check_class(method: Method, harm: Harm) -> anyhow::Result<()> {
    let sink = Hostile::new(method, harm);
    let class = sink.class().to_owned();
    let config = config(&[("connector.class", &class)]);
    let mut all = Neighbourhood::start(vec![sink.clone()]).await?;
    let worker = all.worker().await?;
    let rest = Rest::serve(&worker).await?;

    let asked = Instant::now();
    let creation = tokio::spawn({
        let (worker, name, config) = (worker.clone(), name(&class), config.clone());
        async move { worker.put_connector(name, config).await }
    });
    if harm == Harm::Block {
        all.goes_on(&rest).await?;
        rest.tell("/connectors/peaceful/pause").await?;
        rest.tell("/connectors/peaceful/resume").await?;
        assert!(!creation.is_finished(), "the others were to be asked meanwhile");
    }
    let Err(refused) = creation.await?.map_err(|error| error.to_string()) else {
        anyhow::bail!("harm in {method:?} is no success")
    };
    assert!(asked.elapsed() < SOON, "to be refused took {:?}", asked.elapsed());
    let method_name = match method {
        Method::ConfigDef => "config_def",
        Method::Validate => "validate",
        _ => "task_configs",
    };
    match harm {
        Harm::Block => {
            assert!(refused.contains(&format!("did not come back from {method_name}")), "{refused}");
        }
        Harm::Panic => assert!(refused.contains(&format!("panicked in {method_name}")), "{refused}"),
        _ => assert_eq!(refused, format!("harm: harm is done in {method:?}")),
    }
    assert_eq!(worker.view().connectors.len(), 1, "nothing was stored");

    sink.disarm();
    worker.put_connector(name(&class), config).await?;
    until_running(&worker, &class).await?;
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;

    // Now it stands in the configuration topic.
    sink.arm();
    let started = Instant::now();
    let worker = all.worker().await?;
    assert!(started.elapsed() < SOON, "to start took {:?}", started.elapsed());
    let rest = Rest::serve(&worker).await?;
    let view = until(&worker, &class, "it to fail", |view| view.state == State::Failed).await?;
    assert!(view.trace.is_some_and(|trace| trace.contains(method_name) || trace.contains("harm is done")));
    all.goes_on(&rest).await?;
    sink.disarm();
    if harm == Harm::Fatal {
        // What the class has refused is not asked again before somebody says so.
        rest.tell(&format!("/connectors/{class}/resume")).await?;
    }
    until_running(&worker, &class).await?;
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    all.rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn harm_in_config_def_is_told_to_the_operator() -> anyhow::Result<()> {
    check_class(Method::ConfigDef, Harm::Block).await?;
    check_class(Method::ConfigDef, Harm::Panic).await
}

#[tokio::test]
async fn harm_in_validate_is_told_to_the_operator() -> anyhow::Result<()> {
    check_class(Method::Validate, Harm::Block).await?;
    check_class(Method::Validate, Harm::Panic).await?;
    check_class(Method::Validate, Harm::Fatal).await
}

#[tokio::test]
async fn harm_in_task_configs_is_told_to_the_operator() -> anyhow::Result<()> {
    check_class(Method::TaskConfigs, Harm::Block).await?;
    check_class(Method::TaskConfigs, Harm::Panic).await?;
    check_class(Method::TaskConfigs, Harm::Fatal).await
}

#[tokio::test]
async fn a_class_that_never_answers_does_not_get_a_thread_for_every_question() -> anyhow::Result<()> {
    let sink = Hostile::new(Method::Validate, Harm::Block);
    let all = Neighbourhood::start(vec![sink.clone()]).await?;
    let options = WorkerOptions { class_timeout: Duration::from_millis(20), ..all.options() };
    let worker = Worker::start(options).await?;
    let ask = async || {
        let config = config(&[("connector.class", sink.class())]);
        worker.put_connector(name("c"), config).await.map_err(|error| error.to_string())
    };
    wait::until(DEADLINE, "questions not to be asked any more", async || match ask().await {
        Err(refused) if refused.contains("earlier calls") => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await?;
    sink.disarm();
    wait::until(DEADLINE, "the class to be asked again", ask).await?;
    worker.shutdown(DEADLINE).await;
    all.rig.stop().await;
    Ok(())
}
