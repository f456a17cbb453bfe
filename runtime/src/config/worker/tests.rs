use super::*;

const MINIMAL: &str = "namesrvAddr=127.0.0.1:9876\n";

fn read_text(text: &str, leniency: Leniency) -> Result<(WorkerConfig, Vec<Warning>), ConfigFileError> {
    WorkerConfig::from_text(Path::new("connect.conf"), text, leniency, None)
}

#[track_caller]
fn check_errors(text: &str, expected: &str) {
    assert_eq!(read_text(text, Leniency::Strict).unwrap_err().to_string(), expected);
}

#[test]
fn defaults() {
    let (config, warnings) = read_text(MINIMAL, Leniency::Strict).unwrap();
    assert_eq!(warnings, []);
    insta::assert_debug_snapshot!(config);
}

#[test]
fn the_file_of_a_java_worker_is_read_and_what_means_nothing_here_is_named() {
    let text = "
        # current cluster node uniquely identifies
        workerId=standalone-worker
        storePathRootDir=/tmp/storeRoot
        httpPort=8082
        namesrvAddr=localhost:9876;other:9876
        aclEnable=false
        accessKey=rocketmq
        secretKey=12345678
        autoCreateGroupEnable=false
        clusterName=DefaultCluster
        pluginPaths=/opt/a, /opt/b
    ";
    let (config, warnings) = read_text(text, Leniency::Strict).unwrap();
    assert_eq!(config.worker_id, "standalone-worker");
    assert_eq!(config.name_servers, ["localhost:9876", "other:9876"]);
    assert!(!format!("{config:?}").contains("12345678"));
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "connect.conf:4: storePathRootDir has no effect: all state lives in internal topics, no files are written",
            "connect.conf:10: autoCreateGroupEnable has no effect: a Java worker does not use it either",
            "connect.conf:11: clusterName has no effect: a Java worker does not use it either",
            "connect.conf:12: pluginPaths has no effect: connectors are part of the binary, none are loaded from files yet",
        ]
    );
}

#[test]
fn everything_wrong_is_found_at_once_and_named_by_line() {
    check_errors(
        "namesrvAddr=127.0.0.1:9876\nhttpPort=abc\nhtpPort=1\nworkerId=a\nworkerId=b\naclEnable=yes\nx=\\uzz\nworker.memory.bytes=lots\n",
        "connect.conf:2: httpPort: \"abc\" is not a whole number from 0 to 65535\n\
         connect.conf:3: unknown key htpPort, the nearest known one is httpPort\n\
         connect.conf:5: workerId is given a second time, the first time on line 4: keep one of the two\n\
         connect.conf:6: aclEnable: \"yes\" is neither true nor false\n\
         connect.conf:7: \\uzz stands for no character, four hexadecimal digits are needed (and two escapes beyond U+FFFF)\n\
         connect.conf:8: worker.memory.bytes: \"lots\" is not a size: give whole bytes, or a whole number with KiB, MiB, GiB, KB, MB or GB",
    );
}

#[test]
fn values_that_cannot_be() {
    let check = |line: &str, problem: &str| {
        check_errors(&format!("{MINIMAL}{line}"), &format!("connect.conf:2: {problem}"));
    };
    check("httpPort=65536", "httpPort: \"65536\" is not a whole number from 0 to 65535");
    check("httpHost=example", "httpHost: \"example\" is not an IP address, such as 127.0.0.1 or 0.0.0.0");
    check("workerId=", "workerId: is empty, give a value or leave the key out");
    check("task.memory.bytes=1KiB", "task.memory.bytes: 1KiB is too small, it takes at least 4MiB");
    check("task.memory.bytes=64MiB", "task.memory.bytes: 64MiB is more than worker.memory.bytes, 32MiB");
    check("batch.max.bytes=17MiB", "batch.max.bytes: 17MiB is more than task.memory.bytes, 16MiB");
    check("batch.max.records=0", "batch.max.records: \"0\" is not a whole number from 1 to 10000000");
    check("=5", "a value without a key");
    check(
        "aclEnable=true",
        "aclEnable: signed requests are not supported yet: set it to false, and use brokers without access control",
    );
    check("qqqqq=1", "unknown key qqqqq");
}

#[test]
fn name_servers() {
    let check = |value: &str, problem: &str| {
        check_errors(&format!("namesrvAddr={value}"), &format!("connect.conf:1: namesrvAddr: {problem}"));
    };
    check("a:1,b:2", "\"a:1,b:2\" is not host:port (several are separated by ;)");
    check("a", "\"a\" is not host:port (several are separated by ;)");
    check("http://a:1", "\"http://a:1\" is not host:port (several are separated by ;)");
    check(":1", "\":1\" is not host:port (several are separated by ;)");
    check("a:0", "\"a:0\" is not host:port (several are separated by ;)");
    check(";", "no name server is given: set it to host:port;host:port, or set NAMESRV_ADDR");
    check_errors(
        "workerId=w",
        "connect.conf: namesrvAddr: no name server is given: set it to host:port;host:port, or set NAMESRV_ADDR",
    );
    let from_environment =
        WorkerConfig::from_text(Path::new("c"), "workerId=w", Leniency::Strict, Some("a:1; [::1]:2"));
    assert_eq!(from_environment.unwrap().0.name_servers, ["a:1", "[::1]:2"]);
}

#[test]
fn lenient_makes_unknown_keys_warnings_and_nothing_else() {
    let (_, warnings) = read_text(&format!("{MINIMAL}htpPort=1"), Leniency::Lenient).unwrap();
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["connect.conf:2: unknown key htpPort, the nearest known one is httpPort; ignored"]);
    assert!(read_text(&format!("{MINIMAL}httpPort=x"), Leniency::Lenient).is_err());
    assert!(read_text(&format!("{MINIMAL}{MINIMAL}"), Leniency::Lenient).is_err());
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let check = |file: &Path, expected: &str| {
        let error = WorkerConfig::from_file(file, Leniency::Strict).unwrap_err();
        let shown = error.to_string().replace(directory.path().to_str().unwrap(), "DIR");
        assert_eq!(shown, expected);
    };
    let file = directory.path().join("connect.conf");
    check(&file, "configuration file DIR/connect.conf does not exist");
    check(directory.path(), "DIR is a directory, give the configuration file itself");
    fs::write(&file, b"workerId=a\nnamesrvAddr=\xe9:1\n").unwrap();
    check(&file, "DIR/connect.conf:2: not UTF-8: save the file as UTF-8, or write the character as \\uXXXX");
    fs::write(&file, vec![b'#'; 2 << 20]).unwrap();
    check(&file, "DIR/connect.conf has more than 1 MiB, which no configuration file needs");
    check(&file.join("below"), "cannot read configuration file DIR/connect.conf/below");
}
