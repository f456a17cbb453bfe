//! The command line of MariaDB.

use tokio::process::Command;

use doris_standin::Running;

use super::process::{Printed, run};
use super::support::{PASSWORD, start};
use super::{needs, process};

async fn mariadb(running: &Running, user: &str, password: &str, more: &[&str]) -> Printed {
    let port = running.mysql.port().to_string();
    let mut command = Command::new("mariadb");
    command.args(["--no-defaults", "-h", "127.0.0.1", "-P", &port, "-u", user, &format!("-p{password}")]);
    run(command.args(more)).await
}

#[tokio::test]
async fn the_mariadb_command_line_creates_writes_and_shows() {
    if needs::skip(&needs::program("mariadb")) {
        return;
    }
    let running = start().await;
    let printed = mariadb(
        &running,
        "root",
        PASSWORD,
        &[
            "test",
            "-e",
            "create table k(id bigint not null, name varchar(20) default 'x', price decimal(10,2)) unique key(id) \
             distributed by hash(id) buckets 1 properties('replication_num'='1'); \
             insert into k values (1, 'a''b', 1.5), (2, 'é', null); insert into k(id) values (1); \
             select * from k order by id; show tables; desc k",
        ],
    )
    .await;
    let expected = "id\tname\tprice\n1\tx\tNULL\n2\té\tNULL\nTables_in_test\na\nk\nt\nu\n\
                    Field\tType\tNull\tKey\tDefault\tExtra\nid\tbigint\tNo\ttrue\tNULL\t\n\
                    name\tvarchar(20)\tYes\tfalse\tx\tNONE\nprice\tdecimal(10,2)\tYes\tfalse\tNULL\tNONE\n";
    assert_eq!((printed.out.as_str(), printed.code), (expected, Some(0)), "{}", printed.err);
}

#[tokio::test]
async fn the_mariadb_command_line_connects_as_a_person_does() {
    if needs::skip(&needs::program("mariadb")) {
        return;
    }
    let running = start().await;
    // As a person types: with a name cache, over standard input, one statement failing without ending the others.
    let mut command = Command::new("sh");
    let port = running.mysql.port().to_string();
    let line = format!(
        "printf 'use test;\\nstatus\\nselect 1;\\nselec 1;\\nshow databases;\\n\\\\u test2\\nselect database();\\n' | \
         mariadb --no-defaults -h 127.0.0.1 -P {port} -u root -p{PASSWORD} --force --auto-rehash"
    );
    let printed = process::run(command.args(["-c", &line])).await;
    for words in ["5.7.99 Doris version doris-3.0.3", "information_schema\n", "database()\ntest2\n"] {
        assert!(printed.out.contains(words), "no {words:?} in {printed:?}");
    }
    assert!(
        printed.err.contains("ERROR 1105 (HY000)") && printed.err.contains("mismatched input 'selec'"),
        "{printed:?}"
    );
}

#[tokio::test]
async fn the_mariadb_command_line_meets_refusals() {
    if needs::skip(&needs::program("mariadb")) {
        return;
    }
    let running = start().await;
    for (user, password, more, expected) in [
        (
            "nop",
            "wrong",
            vec!["-e", "select 1"],
            "ERROR 1045 (28000): Access denied for user 'nop@127.0.0.1'",
        ),
        (
            "nop",
            "x",
            vec!["nodb", "-e", "select 1"],
            "ERROR 1049 (42000): errCode = 2, detailMessage = Unknown database 'nodb'",
        ),
        (
            "root",
            PASSWORD,
            vec!["test", "-e", "select * from nope"],
            "ERROR 1105 (HY000) at line 1: errCode = 2, detailMessage = Table [nope] does not exist in database [test].",
        ),
        ("nop", "x", vec!["-e", "select * from test.t"], "denied"),
    ] {
        let printed = mariadb(&running, user, password, &more).await;
        assert_eq!(printed.code, Some(1), "{printed:?}");
        assert!(printed.err.contains(expected), "{expected:?} is not in {}", printed.err);
    }
}
