//! Frontends that fail, redirects, and what is found out at the start.

use crate::scripted::{Rig, Server, Step, put, success, task};
use connector_api::{SinkError, SinkTask};
use tokio::net::TcpListener;

const ROWS: &[&str] = &["{\"id\":1}"];

#[track_caller]
fn check<T>(result: Result<T, SinkError>, passes: bool, parts: &[&str]) {
    let Err(error) = result else { panic!("no error") };
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
    assert_eq!(matches!(error, SinkError::Retriable(_)), passes, "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

/// An address where nobody listens.
async fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
}

fn loads_at(backend: &Server) -> Step {
    Step::Redirect(format!("http://loader:s3cret@{}/api/shop/orders/_stream_load?", backend.address))
}

async fn load(frontends: &str, more: &[(&str, &str)]) -> Result<(), SinkError> {
    put(&mut task(frontends, more).await?, ROWS).await
}

#[tokio::test]
async fn frontends_that_fail_are_passed_over() {
    let backend = Server::start([Step::Load(success(1))]).await;
    let good = Server::start([loads_at(&backend)]).await;
    for step in [
        Step::Vanish,
        Step::Early(500, "oops".into()),
        Step::Early(502, "<html>".into()),
        Step::Early(404, String::new()),
        Step::Early(200, r#"{"status":"FAILED","msg":"No available backends"}"#.into()),
        Step::Early(200, "<html>not Doris</html>".into()),
    ] {
        println!("{step:?}");
        let bad = Server::start([step]).await;
        load(&format!("{},{}", bad.address, good.address), &[]).await.unwrap();
        assert!(!bad.puts().is_empty());
    }
    load(&format!("{},{}", nobody().await, good.address), &[]).await.unwrap();
}

#[tokio::test]
async fn a_frontend_that_failed_is_not_asked_again_at_once() {
    let backend = Server::start([Step::Load(success(1))]).await;
    let (bad, good) =
        (Server::start([Step::Early(500, String::new())]).await, Server::start([loads_at(&backend)]).await);
    let mut task = task(&format!("{},{}", bad.address, good.address), &[]).await.unwrap();
    for _ in 0..3 {
        put(&mut task, ROWS).await.unwrap();
    }
    assert_eq!((bad.puts().len(), good.puts().len()), (1, 3));
}

#[tokio::test]
async fn when_no_frontend_works_each_is_named_with_its_reason() {
    let (one, other) = (nobody().await, Server::start([Step::Early(502, String::new())]).await);
    let mut task = task(&format!("{one},{}", other.address), &[("max.retries", "0")]).await.unwrap();
    check(put(&mut task, ROWS).await, true, &[&one, "cannot connect", &other.address, "HTTP 502"]);
}

#[tokio::test]
async fn a_doris_that_is_down_at_the_start_may_come_up() {
    let nobody = nobody().await;
    check(task(&nobody, &[]).await, true, &["table shop.orders", &nobody, "cannot connect"]);
}

#[tokio::test]
async fn what_is_wrong_with_user_database_or_table_shows_at_the_start() {
    let envelope =
        |code: i32, data: &str| format!(r#"{{"msg":"Error","code":{code},"data":"{data}","count":0}}"#);
    for (code, data, advice) in [
        (
            401,
            "Access denied for user 'loader@127.0.0.1' (using password: YES)",
            "check doris.user and doris.password",
        ),
        (401, "Need auth information.", "check doris.user and doris.password"),
        (1, "errCode = 7, detailMessage = table not found, tableName=orders", "create the table"),
        (1, "errCode = 7, detailMessage = unknown databases, dbName=shop", "create the database"),
    ] {
        let frontend = Server::start([]).await.get("_schema", &[&envelope(code, data)]);
        check(task(&frontend.address, &[]).await, false, &["shop.orders", &frontend.address, data, advice]);
    }
    let denied =
        envelope(401, "Access denied; you need (at least one of) the SELECT privilege(s) for this operation");
    let frontend = Server::start([]).await.get("_schema", &[&denied]);
    assert!(task(&frontend.address, &[]).await.is_ok(), "a user may load what it may not read");
}

#[tokio::test]
async fn refusals_of_a_frontend_stop_the_task_with_what_to_do() {
    for (answer, advice) in [
        (
            r#"{"msg":"Unauthorized","code":401,"data":"Access denied for user 'loader'","count":0}"#,
            "doris.password",
        ),
        (
            r#"{"status":"FAILED","msg":"Access denied; you need (at least one of) the Admin_priv,Load_priv privilege(s) for this operation"}"#,
            "GRANT LOAD_PRIV",
        ),
        (r#"{"status":"FAILED","msg":"There is no 100-continue header"}"#, "proxy"),
    ] {
        let frontend = Server::start([Step::Early(200, answer.into())]).await;
        check(load(&frontend.address, &[]).await, false, &[&frontend.address, "shop.orders", advice]);
        assert_eq!(frontend.puts().len(), 1);
    }
}

#[tokio::test]
async fn redirects_are_followed_from_frontend_to_frontend_to_backend() {
    let backend = Server::start([Step::Load(success(1))]).await;
    let leader = Server::start([loads_at(&backend)]).await;
    let follower = Server::start([loads_at(&leader)]).await;
    load(&follower.address, &[]).await.unwrap();
    let asked = [&follower, &leader, &backend].map(|s| s.puts()[0].clone());
    assert!(asked.iter().all(|r| r.header("label") == asked[0].header("label")));
    assert!(asked.iter().all(|r| r.header("authorization") == asked[0].header("authorization")));
}

#[tokio::test]
async fn redirects_in_a_circle_come_to_an_end() {
    let frontend = Server::start([Step::Redirect("/api/shop/orders/_stream_load".into())]).await;
    check(load(&frontend.address, &[]).await, false, &[&frontend.address, "more than 3"]);
    assert_eq!(frontend.puts().len(), 4);
}

#[tokio::test]
async fn credentials_go_to_allowed_hosts_only() {
    let backend = Server::start([Step::Load(success(1))]).await;
    let frontend = Server::start([loads_at(&backend)]).await;
    let refused = load(&frontend.address, &[("doris.redirect.hosts", "be1,10.0.0.1:8040")]).await;
    check(refused, false, &[&frontend.address, &backend.address, "doris.redirect.hosts"]);
    assert_eq!(backend.connections(), 0);
    load(&frontend.address, &[("doris.redirect.hosts", "be1,127.0.0.1")]).await.unwrap();
}

#[tokio::test]
async fn a_redirect_to_https_is_not_followed() {
    let frontend = Server::start([Step::Redirect("https://loader:s3cret@127.0.0.1:1/api/x".into())]).await;
    check(load(&frontend.address, &[]).await, false, &[&frontend.address, "https"]);
}

#[tokio::test]
async fn a_backend_that_cannot_be_reached_is_named_with_the_frontend_and_the_way_out() {
    let nobody = nobody().await;
    let frontend =
        Server::start([Step::Redirect(format!("http://x:s3cret@{nobody}/api/shop/orders/_stream_load?"))])
            .await;
    check(load(&frontend.address, &[]).await, true, &[&frontend.address, &nobody, "doris.benodes"]);
}

#[tokio::test]
async fn backends_given_are_loaded_straight_and_failed_over() {
    let rig = Rig::new([Step::Load(success(1))]).await;
    let backends = format!("{},{}", nobody().await, rig.backend.address);
    let mut task: Box<dyn SinkTask> =
        rig.task(&[("auto.redirect", "false"), ("doris.benodes", &backends)]).await.unwrap();
    put(&mut task, ROWS).await.unwrap();
    assert_eq!((rig.frontend.puts().len(), rig.backend.puts().len()), (0, 1));
}
