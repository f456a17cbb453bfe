//! A sink that says its password: whatever it says it in, nobody else gets to know.

use connector_api::{Batch, SinkError};
use runtime::host::Host;
use runtime::references::{Provider, Providers};
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::wait;

use crate::log;
use crate::rest::Rest;
use crate::rig::{DEADLINE, Rig, config, name, until, until_running, until_taken};
use crate::script::Act;

const PASSWORD: &str = "hunter2@fe";
const IN_A_URL: &str = "hunter2%40fe";

/// Runs a connector whose sink does as told with a batch, until its task's status says `what`; then looks for the password
/// wherever an operator looks.
async fn check(act: impl FnMut(&Batch) -> Act + Send + 'static, what: &str) -> anyhow::Result<()> {
    drop(log::lines());
    let rig = Rig::start(1).await?;
    rig.script.on_put(act);
    rig.send(0, 0..1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("password", PASSWORD)])).await?;
    let view = until(&worker, "c", what, |view| {
        view.tasks[0].trace.as_ref().is_some_and(|trace| trace.contains(what))
    })
    .await?;
    let trace = view.tasks[0].trace.clone().unwrap_or_default();
    assert!(trace.contains("******") && is_clean(&trace), "{trace}");
    is_nowhere(&rig, &worker, what).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

fn is_clean(text: &str) -> bool {
    !text.contains(PASSWORD) && !text.contains(IN_A_URL)
}

async fn is_nowhere(rig: &Rig, worker: &WorkerHandle, what: &str) -> anyhow::Result<()> {
    let rest = Rest::serve(worker).await?;
    for path in
        ["/connectors/list", "/connectors/c/status", "/connectors/c/tasks/0/status", "/allocated/tasks"]
    {
        let answer = rest.ask(path).await?.to_string();
        assert!(is_clean(&answer), "GET {path}: {answer}");
    }
    rest.stop().await?;
    wait::until(DEADLINE, "a status with the cause", async || {
        let statuses = rig.messages("connector-status-topic").await.map_err(|error| error.to_string())?;
        let bodies = statuses.iter().map(|status| String::from_utf8_lossy(&status.body).into_owned());
        let all = bodies.collect::<Vec<_>>().join("\n");
        assert!(is_clean(&all), "{all}");
        if all.contains(what) { Ok(()) } else { Err(all) }
    })
    .await?;
    let logged = wait::until(DEADLINE, "the cause in the log", async || {
        let logged = log::lines();
        if logged.lines().any(|line| line.contains(what)) { Ok(logged) } else { Err(logged) }
    })
    .await?;
    let unclean: Vec<_> = logged.lines().filter(|line| !is_clean(line)).collect();
    assert!(unclean.is_empty(), "{unclean:?}");
    Ok(())
}

#[tokio::test]
async fn a_fatal_error_and_its_causes_are_shown_without_the_password() -> anyhow::Result<()> {
    let cause = || std::io::Error::other(format!("GET http://root:{IN_A_URL}@fe/ is refused"));
    let fatal = move || SinkError::fatal(format!("wrong password {PASSWORD}")).caused_by(cause());
    check(move |_| Act::Fail(fatal()), "wrong password ******: GET http://root:******@fe/ is refused").await
}

#[tokio::test]
async fn what_may_pass_is_shown_without_the_password() -> anyhow::Result<()> {
    check(|_| Act::Fail(SinkError::retriable(format!("busy with {PASSWORD}"))), "busy with ").await
}

#[tokio::test]
async fn a_panic_is_shown_without_the_password() -> anyhow::Result<()> {
    check(|_| Act::Panic("out of bounds: hunter2@fe"), "panicked").await?;
    let logged = log::lines();
    // The place is logged at once, since nothing is printed.
    assert!(logged.contains("a connector panicked") && logged.contains("script.rs:"), "{logged}");
    Ok(())
}

#[tokio::test]
async fn a_panic_of_a_sink_that_is_dropped_is_logged_without_the_password() -> anyhow::Result<()> {
    drop(log::lines());
    let rig = Rig::start(1).await?;
    rig.script.panic_when_dropped("still logged in with hunter2@fe");
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("password", PASSWORD)])).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    let line = wait::until(DEADLINE, "the panic in the log", async || {
        let logged = log::lines();
        let line = logged.lines().find(|line| line.contains("still logged in with "));
        line.map(str::to_owned).ok_or(logged)
    })
    .await?;
    assert!(line.contains("******") && is_clean(&line), "{line}");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_sink_that_does_not_start_is_shown_without_the_password() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.fail_start(SinkError::fatal(format!("no access with {PASSWORD}")));
    let hour = ("errors.restart.delay.ms", "3600000");
    let longest = ("errors.restart.delay.max.ms", "3600000");
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("password", PASSWORD), hour, longest])).await?;
    let trace = crate::rig::until_failed(&worker, "c").await?;
    assert_eq!(trace, "the sink did not start: no access with ******");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_says_why_without_the_password() -> anyhow::Result<()> {
    drop(log::lines());
    let rig = Rig::start(1).await?;
    rig.script.on_put(|_| Act::Refuse(PASSWORD));
    rig.send_bodies(0, ["a", PASSWORD, "b"]).await?;
    let worker = rig.worker().await?;
    let dead_letters = [
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
        ("errors.deadletterqueue.context.properties.enable", "true"),
        ("errors.log.enable", "true"),
        ("password", PASSWORD),
    ];
    worker.put_connector(name("c"), config(&dead_letters)).await?;
    until_taken(&rig.script, 2).await?;
    worker.shutdown(DEADLINE).await;
    let letters = rig.messages("dead").await?;
    assert_eq!(letters[0].body, PASSWORD, "the record itself is what it was");
    let reason = letters[0].properties.get("__connect.errors.exception.message");
    assert_eq!(reason, Some("\"******\" is refused"));
    let logged = log::lines();
    assert!(logged.contains("record skipped") && is_clean(&logged), "{logged}");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_references_stand_for_is_known_to_the_sink_alone() -> anyhow::Result<()> {
    drop(log::lines());
    let rig = Rig::start(1).await?;
    let secrets = tempfile::tempdir()?;
    let directory = secrets.path().canonicalize()?;
    std::fs::write(directory.join("doris.properties"), format!("password={PASSWORD}\n"))?;
    let providers = Providers { enabled: vec![Provider::File], allowed_paths: vec![directory.clone()] };
    let worker = Worker::start(WorkerOptions { providers, ..rig.options() }).await?;
    let reference = format!("${{file:{}:password}}", directory.join("doris.properties").display());
    // Also where nobody expects a secret.
    let url = format!("http://root:{reference}@fe/");
    let more = [("password", reference.as_str()), ("topic.url", url.as_str())];
    rig.script.on_put(|_| Act::Fail(SinkError::fatal(format!("no access with {PASSWORD}"))));
    rig.send(0, 0..1).await?;
    worker.put_connector(name("c"), config(&more)).await?;
    let trace = crate::rig::until_failed(&worker, "c").await?;
    assert!(trace.contains("no access with ******"), "{trace}");
    is_nowhere(&rig, &worker, "no access with ").await?;

    assert_eq!(rig.script.configured("password"), Some(PASSWORD.to_owned()));
    assert_eq!(rig.script.configured("topic.url"), Some(format!("http://root:{PASSWORD}@fe/")));
    let view = worker.view().connectors[&name("c")].clone();
    assert_eq!(view.shown.get("password"), Some(reference.as_str()));
    assert_eq!(view.tasks[0].shown.get("password"), Some(reference.as_str()));
    assert_eq!(view.tasks[0].shown.get("topic.url"), Some("http://root:******@fe/"));
    let stored = rig.messages("connector-config-topic").await?;
    let stored: String = stored.iter().map(|record| String::from_utf8_lossy(&record.body)).collect();
    assert!(stored.contains("doris.properties:password") && is_clean(&stored), "{stored}");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_reference_that_stands_for_nothing_is_refused_and_waited_for_once_it_is_stored()
-> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let secrets = tempfile::tempdir()?;
    let file = secrets.path().join("secrets");
    let providers = Providers { enabled: vec![Provider::File], allowed_paths: Vec::new() };
    let options = || WorkerOptions { providers: providers.clone(), ..rig.options() };
    let worker = Worker::start(options()).await?;
    let reference = format!("${{file:{}:password}}", file.display());
    let config = || config(&[("password", reference.as_str())]);
    let refused = worker.put_connector(name("c"), config()).await;
    let refused = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("password: ") && refused.contains("cannot be read"), "{refused}");
    std::fs::write(&file, "password=a\n")?;
    worker.put_connector(name("c"), config()).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;

    std::fs::remove_file(&file)?;
    let worker = Worker::start(options()).await?;
    until(&worker, "c", "the reference to be missed", |view| {
        view.trace.as_ref().is_some_and(|trace| trace.contains("cannot be read"))
    })
    .await?;
    std::fs::write(&file, "password=a\n")?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
