//! A Doris that speaks HTTPS, frontend and backend.

use crate::doris::{Doris, ROWS, batch_at, good};
use connector_api::SinkError;
use doris_standin::{Clients, Identity, Options, Tls};

async fn doris(identity: Identity, clients: Clients) -> Doris {
    let tls = Tls { identity, clients, ..Tls::default() };
    Doris::start_with(Options { tls: Some(tls), ..Options::default() }).await
}

/// The settings that lead to the HTTPS port, trusting its authority, and more.
fn settings(doris: &Doris, more: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let https = doris.running.fe_https.unwrap();
    let ca = doris.running.root_certificate().display().to_string();
    let mut settings = vec![("doris.urls", format!("https://{https}")), ("doris.tls.ca", ca)];
    settings.extend(more.iter().cloned());
    settings
}

async fn load(doris: &Doris, settings: &[(&'static str, String)]) -> Result<(), SinkError> {
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut task = doris.task(&settings).await?;
    task.put(&good(0)).await
}

#[track_caller]
fn refused(outcome: Result<(), SinkError>, part: &str) {
    let error = outcome.unwrap_err();
    println!("{error}");
    assert!(error.to_string().to_lowercase().contains(part), "{error}");
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_go_by_https_to_the_frontend_and_to_the_backend() {
    let mut doris = doris(Identity::default(), Clients::Anyone).await;
    let settings = settings(&doris, &[]);
    load(&doris, &settings).await.unwrap();
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_trusted_sees_no_credentials() {
    let doris = doris(Identity::Issued { names: vec!["elsewhere".to_owned()] }, Clients::Anyone).await;
    refused(load(&doris, &settings(&doris, &[])).await, "no tls with it");
    let other = Doris::start_with(Options { tls: Some(Tls::default()), ..Options::default() }).await;
    let ca = other.running.root_certificate().display().to_string();
    refused(load(&doris, &settings(&doris, &[("doris.tls.ca", ca)])).await, "no tls with it");
    // Whoever only tries something out may go on all the same.
    load(&doris, &settings(&doris, &[("doris.tls.verify", "false".to_owned())])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_a_certificate_gets_the_one_that_is_named() {
    let mut doris = doris(Identity::default(), Clients::OfOwnAuthority).await;
    refused(load(&doris, &settings(&doris, &[])).await, "certificate");
    let file = |name| doris.running.data.join("tls").join(name).display().to_string();
    let shown = [("doris.tls.certificate", file("client.pem")), ("doris.tls.key", file("client.key"))];
    load(&doris, &settings(&doris, &shown)).await.unwrap();
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn why_rows_were_refused_is_fetched_by_https() {
    let doris = doris(Identity::default(), Clients::Anyone).await;
    let settings = settings(&doris, &[]);
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut task = doris.task(&settings).await.unwrap();
    let rows = ["{\"id\":1}", "{\"no\":\"column\"}"].map(str::to_owned);
    let Err(SinkError::Records(refused)) = task.put(&batch_at(0, rows.into_iter())).await else {
        panic!("the row is taken");
    };
    assert_eq!(refused[0].offset.get(), 1);
    assert!(format!("{refused:?}").contains("All fields is null"), "{refused:?}");
    // The log has named the row: one load with it, and one without it.
    assert_eq!(doris.loads().await, ["ABORTED", "VISIBLE"]);
}
