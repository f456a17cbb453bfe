//! Users, passwords and privileges over SQL.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use mysql_async::Row;
use mysql_async::prelude::Queryable;
use support::{PASSWORD, basic, connect, load, refusal, start, try_connect};

#[tokio::test]
async fn privileges_are_given_shown_and_taken_on_all_ports() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let mut nop = connect(&running, "nop", "x").await;
    let authorization = basic("nop", "x");
    let loads = async || load(&running, "test.t", &[&authorization], "{\"id\":1}").await["Status"].clone();
    assert_eq!(loads().await, "Fail");
    sql.query_drop("grant load_priv on test.* to nop").await.unwrap();
    assert_eq!(loads().await, "Success");
    sql.query_drop("grant select_priv, alter_priv on internal.test.t to 'nop'@'%'").await.unwrap();
    nop.query_drop("select * from test.t").await.unwrap();
    assert!(refusal(&mut nop, "select * from test.u").await.contains("denied"));
    let shown: Vec<Row> = nop.query("show grants").await.unwrap();
    let text = |name: &str| shown[0].get::<Option<String>, _>(name).unwrap();
    assert_eq!(text("UserIdentity").as_deref(), Some("'nop'@'%'"));
    assert_eq!(text("GlobalPrivs"), None);
    assert_eq!(
        text("DatabasePrivs").as_deref(),
        Some(
            "internal.test: Load_priv; internal.information_schema: Select_priv; internal.mysql: Select_priv"
        )
    );
    assert_eq!(text("TablePrivs").as_deref(), Some("internal.test.t: Select_priv,Alter_priv"));
    sql.query_drop("revoke load_priv on test.* from nop").await.unwrap();
    assert_eq!(loads().await, "Fail");
    assert_eq!(refusal(&mut sql, "revoke load_priv on test.* from nop").await, "test.* is not granted");
    let all: Vec<Row> = sql.query("show all grants").await.unwrap();
    assert_eq!(all.len(), 3);
}

#[tokio::test]
async fn passwords_change_and_the_old_ones_no_longer_open() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let opens =
        async |user: &str, password: &str| try_connect(running.mysql, user, password, None).await.is_ok();
    sql.query_drop("set password for 'nop'@'%' = password('new')").await.unwrap();
    assert_eq!((opens("nop", "x").await, opens("nop", "new").await), (false, true));
    sql.query_drop("alter user nop identified by 'newer'").await.unwrap();
    assert!(opens("nop", "newer").await);
    // As `PASSWORD('hashed')` writes it.
    sql.query_drop("set password for nop = '*89DF8EEC9A524A8C112D91F8759ABBCF85DC14E6'").await.unwrap();
    assert!(opens("nop", "hashed").await);
    let mut nop = connect(&running, "nop", "hashed").await;
    nop.query_drop("set password = password('own')").await.unwrap();
    assert!(opens("nop", "own").await);
    assert_eq!(
        refusal(&mut nop, "set password for root = password('x')").await,
        "Access denied; you need (at least one of) the (GRANT) privilege(s) for this operation"
    );
    sql.query_drop("set password for root = password('other')").await.unwrap();
    assert_eq!((opens("root", PASSWORD).await, opens("root", "other").await), (false, true));
}

#[tokio::test]
async fn mistakes_with_users_are_refused() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for (statement, expected) in [
        ("create user nop identified by 'y'", "User 'nop'@'%' already exist"),
        ("drop user nosuch", "User `nosuch`@`%` does not exist."),
        ("drop user root", "Can not drop root user"),
        ("grant load_priv on test.* to nosuch", "user 'nosuch'@'%' does not exist"),
        ("grant fly_priv on test.* to nop", "Unknown privilege type: fly_priv"),
        ("set password for nosuch = password('x')", "user 'nosuch'@'%' does not exist"),
        ("set password for nop = 'plain'", "Password hash should be a 41-digit hexadecimal number: plain"),
        ("show grants for nosuch", "User 'nosuch'@'%' does not exist."),
    ] {
        assert_eq!(refusal(&mut sql, statement).await, expected, "{statement}");
    }
    sql.query_drop("create user if not exists nop identified by 'y'").await.unwrap();
    sql.query_drop("drop user if exists nosuch").await.unwrap();
    let mut nop = connect(&running, "nop", "x").await;
    for statement in
        ["create user a", "grant all on *.* to nop", "drop user odd", "revoke all on *.* from odd"]
    {
        assert!(refusal(&mut nop, statement).await.contains("(GRANT) privilege"), "{statement}");
    }
    // Everything on everything still does not make an administrator.
    let mut odd = connect(&running, "odd", "a:b@c/d%e#f?g h+é").await;
    odd.query_drop("create database of_odd").await.unwrap();
    assert!(refusal(&mut odd, "show backends").await.contains("Admin_priv"));
}
