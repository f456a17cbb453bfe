//! curl, as Doris's own documentation loads with it.

use std::path::Path;

use doris_standin::{Clients, Options, Running, Tls};
use serde_json::Value;
use tokio::process::Command;

use super::needs;
use super::process::{Printed, run};
use super::support::{PASSWORD, count, rows, start, start_with};

const ROWS: &str = "1\ta\t1\n2\té\t2\n";

/// `curl -T FILE` to the front end's load path of a table.
async fn put(running: &Running, table: &str, body: &str, more: &[&str]) -> Printed {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, body.as_bytes()).unwrap();
    let mut command = Command::new("curl");
    command.args(["-sS", "-T"]).arg(file.path()).args(more);
    command.arg(format!("http://{}/api/test/{table}/_stream_load", running.fe));
    run(&mut command).await
}

fn as_root() -> [String; 3] {
    ["--location-trusted".to_owned(), "-u".to_owned(), format!("root:{PASSWORD}")]
}

async fn load(running: &Running, table: &str, body: &str, headers: &[&str]) -> Value {
    let login = as_root();
    let mut more: Vec<&str> = login.iter().map(String::as_str).collect();
    more.extend(headers.iter().flat_map(|header| ["-H", header]));
    let printed = put(running, table, body, &more).await;
    serde_json::from_str(&printed.out).unwrap_or_else(|error| panic!("{error} in {printed:?}"))
}

fn missing() -> bool {
    needs::skip(&needs::program("curl"))
}

#[tokio::test]
async fn curl_loads_csv_and_json_through_the_redirect() {
    if missing() {
        return;
    }
    let running = start().await;
    assert_eq!(load(&running, "t", ROWS, &["label: one"]).await["Status"], "Success");
    assert_eq!(load(&running, "t", "3,c,3\n", &["column_separator: ,"]).await["NumberLoadedRows"], 1);
    let json = "[{\"id\":4,\"name\":\"d\"}]";
    let headers = ["format: json", "strip_outer_array: true"];
    assert_eq!(load(&running, "t", json, &headers).await["NumberLoadedRows"], 1);
    let found: Vec<(i64, String)> = rows(&running, "select id, name from test.t order by id").await;
    let expected = [(1, "a"), (2, "é"), (3, "c"), (4, "d")];
    assert_eq!(found, expected.map(|(id, name)| (id, name.to_owned())));
}

#[tokio::test]
async fn curl_is_told_of_its_mistakes() {
    if missing() {
        return;
    }
    let running = start().await;
    load(&running, "t", ROWS, &["label: used"]).await;
    let again = load(&running, "t", ROWS, &["label: used"]).await;
    assert_eq!(
        (&again["Status"], &again["ExistingJobStatus"]),
        (&"Label Already Exists".into(), &"FINISHED".into())
    );
    let nowhere = load(&running, "nope", ROWS, &[]).await;
    assert!(nowhere["Message"].as_str().unwrap().contains("table not found, tableName=nope"), "{nowhere}");
    let silent = load(&running, "t", ROWS, &["Expect:"]).await;
    assert_eq!(silent["msg"], "There is no 100-continue header");
    let bad = load(&running, "t", "x\ta\t1\n1\tb\t1\n", &[]).await;
    assert_eq!(bad["NumberFilteredRows"], 1, "{bad}");
    let log = run(Command::new("curl").arg("-sS").arg(bad["ErrorURL"].as_str().unwrap())).await;
    assert!(log.out.contains("src line"), "{log:?}");
    assert_eq!(count(&running, "test.t").await, 2);
}

#[tokio::test]
async fn curl_is_refused_without_the_right_password() {
    if missing() {
        return;
    }
    let running = start().await;
    let wrong = put(&running, "t", ROWS, &["--location-trusted", "-u", "root:wrong"]).await;
    assert!(wrong.out.contains("Access denied for user 'root@127.0.0.1' (using password: YES)"), "{wrong:?}");
    let nobody = put(&running, "t", ROWS, &["--location-trusted"]).await;
    assert!(nobody.out.contains("Need auth information."), "{nobody:?}");
    let nop = put(&running, "t", ROWS, &["--location-trusted", "-u", "nop:x"]).await;
    assert!(nop.out.contains("Admin_priv,Load_priv"), "{nop:?}");
    assert_eq!(count(&running, "test.t").await, 0);
}

#[tokio::test]
async fn curl_loads_as_a_user_whose_password_must_be_encoded() {
    if missing() {
        return;
    }
    let running = start().await;
    let printed = put(&running, "t", ROWS, &["--location-trusted", "-u", "odd:a:b@c/d%e#f?g h+é"]).await;
    assert!(printed.out.contains("\"Status\": \"Success\""), "{printed:?}");
}

#[tokio::test]
async fn curl_runs_sql_over_http_and_keeps_its_session() {
    if missing() {
        return;
    }
    let running = start().await;
    load(&running, "t", ROWS, &[]).await;
    let jar = tempfile::NamedTempFile::new().unwrap();
    let url = format!("http://{}/api/query/default_cluster/test", running.fe);
    let query = async |login: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["-sS", "-b"]).arg(jar.path()).arg("-c").arg(jar.path()).args(login);
        let statement = r#"{"stmt":"select id, name from t where name <> 'a'"}"#;
        run(command.args(["-H", "Content-Type: application/json", "-d", statement, &url])).await
    };
    let login = format!("root:{PASSWORD}");
    for printed in [query(&["-u", &login]).await, query(&[]).await] {
        let answer: Value =
            serde_json::from_str(&printed.out).unwrap_or_else(|error| panic!("{error} in {printed:?}"));
        assert_eq!(answer["data"]["data"], serde_json::json!([[2, "é"]]), "{printed:?}");
    }
}

#[tokio::test]
async fn curl_loads_over_https_with_certificates_on_both_sides() {
    if missing() {
        return;
    }
    let tls = Tls { clients: Clients::OfOwnAuthority, ..Tls::default() };
    let running = start_with(Options { tls: Some(tls), ..Options::default() }).await;
    let root = running.root_certificate();
    let client = root.parent().unwrap();
    let url = format!("https://localhost:{}/api/test/t/_stream_load", running.fe_https.unwrap().port());
    let send = async |certificates: &[(&str, &Path)]| {
        let mut command = Command::new("curl");
        command.args(["-sS", "-H", "Expect: 100-continue", "-X", "PUT", "--data-binary", ROWS]);
        for (flag, file) in certificates {
            command.arg(flag).arg(file);
        }
        run(command.args(as_root()).arg(&url)).await
    };
    let (certificate, key) = (client.join("client.pem"), client.join("client.key"));
    let all = [("--cacert", root.as_path()), ("--cert", &certificate), ("--key", &key)];
    let printed = send(&all).await;
    assert!(printed.out.contains("\"NumberLoadedRows\": 2"), "{printed:?}");
    let untrusted = send(&all[1..]).await;
    assert_eq!(untrusted.code, Some(60), "{untrusted:?}");
    let unknown = send(&all[..1]).await;
    assert_ne!(unknown.code, Some(0), "{unknown:?}");
    assert_eq!(count(&running, "test.t").await, 2);
}
