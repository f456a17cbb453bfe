//! What is wrong with a configuration is named, all of it at once.

use super::*;

const RIGHT: &[(&str, &str)] = &[
    ("doris.urls", "fe1,fe2:28030,[::1]"),
    ("doris.user", "loader"),
    ("doris.password", "s3cret"),
    ("doris.database", "shop"),
    ("connect.topicnames", "orders"),
];

fn read(more: &[(&str, &str)]) -> Result<Settings, String> {
    let config: ConnectorConfig = RIGHT.iter().chain(more).copied().collect();
    Settings::read(&config).map_err(|e| e.to_string())
}

#[track_caller]
fn check(more: &[(&str, &str)], expected: &[&str]) {
    let refused = read(more).unwrap_err();
    for part in expected {
        assert!(refused.contains(part), "no {part:?} in: {refused}");
    }
    assert!(!refused.contains("s3cret"), "{refused}");
}

#[test]
fn a_right_configuration_is_read_with_its_defaults() {
    let settings = read(&[]).unwrap();
    let frontends: Vec<_> = settings.frontends.iter().map(ToString::to_string).collect();
    assert_eq!(frontends, ["fe1:8030", "fe2:28030", "[::1]:8030"]);
    assert_eq!(settings.read_timeout, Duration::from_secs(30));
    assert_eq!(settings.route.tables()[0].as_str(), "orders");
    assert_eq!(settings.null_values, NullValues::Refuse);
    assert_eq!((settings.label_keep, settings.expired), (Duration::from_secs(6 * 3600), Expired::Fail));
    assert_eq!(settings.properties.headers()["timeout"], "600");
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn a_configuration_of_the_java_sink_is_accepted() {
    let java = [
        ("doris.http.port", "8030"),
        ("doris.query.port", "9030"),
        ("doris.topic2table.map", "orders:orders_t"),
        ("buffer.count.records", "10000"),
        ("buffer.size.bytes", "5000000"),
        ("buffer.flush.time", "120"),
        ("load.model", "stream_load"),
        ("auto.redirect", "true"),
        ("delivery.guarantee", "at_least_once"),
        ("enable.2pc", "false"),
        ("enable.delete", "false"),
        ("label.prefix", "x"),
        ("converter.mode", "normal"),
        ("sink.properties.format", "json"),
        ("sink.properties.read_json_by_line", "true"),
        ("jmx", "true"),
    ];
    assert_eq!(read(&java).map(|s| s.frontends.len()), Ok(3));
}

#[test]
fn what_is_missing_is_named_at_once() {
    let refused = Settings::read(&ConnectorConfig::default()).unwrap_err().to_string();
    for key in ["doris.urls", "doris.user", "doris.database"] {
        assert!(refused.contains(&format!("{key}: required and not given")), "{refused}");
    }
}

#[test]
fn modes_that_mean_something_else_are_refused_with_what_to_use() {
    check(&[("load.model", "copy_into")], &["load.model: \"copy_into\"", "use stream_load"]);
    check(&[("enable.2pc", "maybe")], &["enable.2pc: \"maybe\" is neither true nor false"]);
    check(&[("converter.mode", "maxwell")], &["converter.mode", "canal"]);
    check(&[("behavior.on.null.values", "delete")], &["behavior.on.null.values", "enable.delete=true"]);
    check(&[("record.delete.field", "gone")], &["record.delete.field", "enable.delete=true"]);
    check(&[("auto.redirect", "false")], &["auto.redirect", "doris.benodes"]);
    assert!(read(&[("auto.redirect", "false"), ("doris.benodes", "be1:8040")]).is_ok());
}

#[test]
fn queues_are_not_combined_and_the_reason_is_said() {
    let parts = ["enable.combine.flush: \"true\"", "records of one queue, which makes it exactly once"];
    check(&[("enable.combine.flush", "true")], &parts);
}

#[test]
fn what_becomes_of_a_batch_that_is_too_old_can_be_chosen() {
    let settings = read(&[("exactly.once.expired", "reload"), ("doris.label.keep.ms", "43200000")]).unwrap();
    assert_eq!((settings.label_keep, settings.expired), (Duration::from_secs(12 * 3600), Expired::Reload));
    check(&[("exactly.once.expired", "skip")], &["exactly.once.expired", "fail, reload"]);
    check(&[("doris.label.keep.ms", "0")], &["doris.label.keep.ms"]);
}

#[test]
fn servers_speak_https_on_their_own_ports_where_that_is_said() {
    let shown = |more: &[(&str, &str)]| {
        let settings = read(&[more, &[("doris.tls.verify", "false")]].concat()).unwrap();
        let servers = settings.frontends.iter().chain(&settings.backends);
        servers.map(|server| format!("{:?} {server}", server.scheme())).collect::<Vec<_>>()
    };
    assert_eq!(shown(&[("doris.urls", "http://fe1/,FE2:1")]), ["Http fe1:8030", "Http fe2:1"]);
    assert_eq!(shown(&[("doris.urls", "https://fe1,https://[::1]:1")]), ["Https fe1:8050", "Https [::1]:1"]);
    assert_eq!(shown(&[("doris.urls", "https://fe1"), ("doris.http.port", "8030")]), ["Https fe1:8030"]);
    let switched = [("doris.urls", "fe1"), ("doris.enable.https", "true"), ("doris.benodes", "be1")];
    assert_eq!(shown(&switched), ["Https fe1:8050", "Https be1:8040"]);
    check(
        &[("doris.urls", "http://fe1"), ("doris.enable.https", "true"), ("doris.benodes", "be1")],
        &["doris.urls: fe1:8030 is without https://"],
    );
}

#[test]
fn addresses_that_cannot_be_used_are_named() {
    check(&[("doris.urls", "fe1,fe1:8030")], &["doris.urls: fe1:8030 is given twice"]);
    check(&[("doris.urls", ",")], &["doris.urls: names no frontend"]);
    check(&[("doris.urls", "fe1,[fe80::1%eth0]")], &["doris.urls: entry 2: an IPv6 address with a zone"]);
    check(&[("doris.benodes", "::1")], &["doris.benodes: entry 1: an IPv6 address stands in brackets"]);
    check(&[("doris.redirect.hosts", "u:s3cret@be1")], &["doris.redirect.hosts: ", "'@' is not allowed"]);
    check(&[("doris.urls", "https://fe1,fe2")], &["doris.urls: fe2:8030 is without https://"]);
    check(&[("doris.tls.ca", "/ca.pem")], &["doris.tls.ca: is for servers that are named by https://"]);
    let https = ("doris.urls", "https://fe1");
    check(&[https, ("doris.tls.ca", "/no/such.pem")], &["doris.tls.ca: /no/such.pem: "]);
    check(
        &[https, ("doris.tls.certificate", "/c.pem")],
        &["doris.tls.key: is needed with doris.tls.certificate"],
    );
    check(&[("doris.urls", "root:s3cret@fe1")], &["doris.urls: entry 1"]);
    check(&[("doris.user", "a:b")], &["doris.user: a user name cannot hold a colon"]);
}
