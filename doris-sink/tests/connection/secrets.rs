//! A password is never said, whatever happens.

use crate::{
    said::Said,
    server::{Reply, Request, Server},
    task::{config, row, start},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use connector_api::{ConfigDef, SinkConnector};
use doris_sink::DorisSinkConnector;

/// It holds what ends a password in a URL that nobody encoded, and pieces that are easy to find.
const PASSWORD: &str = "pl4nted/sl4shed#h4shed?4sked@4tted";
const ENCODED: &str = "pl4nted%2Fsl4shed%23h4shed%3F4sked%404tted";
const PIECES: &[&str] = &["pl4nted", "sl4shed", "h4shed", "4sked", "4tted"];

#[track_caller]
fn check_unsaid(said: &Said, what: &str) {
    let said = said.all();
    assert!(!said.is_empty());
    let token = STANDARD.encode(format!("loader:{PASSWORD}"));
    for secret in PIECES.iter().copied().chain([token.as_str()]) {
        assert!(!said.contains(secret), "{what}: {secret} in {said}");
    }
}

/// Loads a row before a frontend that answers so, and looks through all that is said.
async fn check(what: &str, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
    let said = Said::default();
    let _listening = said.listen();
    let frontend = Server::start(None, reply).await;
    let settings = [("doris.password", PASSWORD), ("doris.redirect.hosts", "127.0.0.1")];
    let mut task = start(&config(&frontend.address.to_string(), &settings)).await.unwrap();
    if let Err(error) = task.put(&row(1)).await {
        said.add(&format!("{error} {error:?} {error:#?}"));
    }
    task.stop().await.unwrap();
    assert!(!frontend.loads().is_empty());
    said.add(what);
    check_unsaid(&said, what);
}

#[tokio::test]
async fn redirects_do_not_tell_the_password() {
    let path = "/api/shop/orders/_stream_load?";
    for password in [PASSWORD, ENCODED] {
        for to in [
            format!("http://loader:{password}@127.0.0.1:1{path}"),
            format!("http://loader:{password}@127.0.0.1:1/elsewhere"),
            format!("http://loader:{password}@be.example:1{path}"),
            format!("http://loader:{password}@127.0.0.1:0{path}"),
            format!("http://loader:{password}@::1:8040{path}"),
            format!("https://loader:{password}@127.0.0.1:1{path}"),
            format!("ftp://loader:{password}@127.0.0.1:1{path}"),
            format!("loader:{password}@127.0.0.1:1{path}"),
            format!("http://loader:{password}"),
        ] {
            println!("{to}");
            check(&to.replace(password, "…"), move |_| Reply::Redirect(to.clone())).await;
        }
    }
}

#[tokio::test]
async fn answers_that_repeat_the_credentials_are_passed_on_without_them() {
    let page = |request: &Request| {
        let shown = format!("Authorization: {}", request.authorization);
        format!(
            "<html>{shown} http://loader:{PASSWORD}@be/ http://loader:{ENCODED}@be/ {{\"x\":\"{shown}\"}}</html>"
        )
    };
    check("an error page", move |asked| Reply::Early(500, "", page(asked))).await;
    check("a page", move |asked| Reply::Early(200, "", page(asked))).await;
    check("a page for the load", move |asked| Reply::Late(200, "", page(asked))).await;
    check("a busy page", move |asked| Reply::Early(503, "Retry-After: 1\r\n", page(asked))).await;
    check("a refusal", move |asked| {
        let said = format!("denied: {} http://loader:{ENCODED}@be", asked.authorization);
        Reply::Early(200, "", format!("{{\"status\":\"FAILED\",\"msg\":\"{said}\"}}"))
    })
    .await;
    check("a good load", |_| Reply::Take).await;
}

#[test]
fn what_is_wrong_with_a_configuration_is_told_without_the_password() {
    let said = Said::default();
    let urls =
        format!("http://loader:{PASSWORD}@fe1:8030,loader:{ENCODED}@fe2,https://loader:{PASSWORD}@fe3");
    let settings = [
        ("doris.password", PASSWORD),
        ("doris.benodes", urls.as_str()),
        ("doris.redirect.hosts", &urls),
        ("doris.tls.ca", "/no/such/file"),
        ("max.retries", "x"),
    ];
    let config = config(&urls, &settings);
    let refused = DorisSinkConnector.validate(&config).unwrap_err();
    said.add(&format!("{refused} {refused:?}"));
    let masked = ConfigDef::masked(&DorisSinkConnector.config_def(), &config);
    said.add(&format!("{:?}", masked.get("doris.password")));
    check_unsaid(&said, "configuration");
}
