//! DorisClient of PyPI: asks the front end with an empty body where to go, takes user and password from the address it is sent
//! to, and sends the body without waiting to be asked.

use mysql_async::prelude::Queryable;

use super::support::{PASSWORD, connect, start};
use super::{installed, needs, process};

/// A password with what an address must encode. Python's HTTP library sends nothing but Latin-1, so there is no more in it.
const ODD: &str = "a:b@c/d%e#f?g h+";

async fn check(user: &str, password: &str) {
    let packages = installed::python();
    if needs::skip(&packages) {
        return;
    }
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop(format!("create user strange identified by '{ODD}'")).await.unwrap();
    sql.query_drop("grant all on *.* to strange").await.unwrap();
    let (fe, port) = (running.fe.to_string(), running.mysql.port().to_string());
    let arguments = [fe.as_str(), &port, user, password];
    let printed = process::python(&packages.unwrap(), "python/doris_client.py", &arguments).await;
    assert_eq!(printed.code, Some(0), "{printed:?}");
    printed.check(&[
        ("loaded", "True"),
        ("read back", "500"),
        ("once more over a unique key", "True"),
        ("rows of the unique table", "500"),
        ("bad row", "False"),
        ("no table", "False"),
        ("wrong password", "Exception No available BE nodes can be obtained. Please check configuration"),
        ("after all", "500"),
    ]);
    for words in ["too many filtered rows", "table not found, tableName=nope", "ErrorURL"] {
        assert!(printed.err.contains(words), "no {words:?} in {}", printed.err);
    }
}

#[tokio::test]
async fn doris_client_loads_and_is_told_of_its_mistakes() {
    check("root", PASSWORD).await;
}

#[tokio::test]
async fn doris_client_finds_an_odd_password_in_the_address_it_is_sent_to() {
    check("strange", ODD).await;
}
