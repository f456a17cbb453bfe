use super::*;

fn defaults() -> Defaults {
    Defaults {
        key_converter: "StringConverter".to_owned(),
        value_converter: "StringConverter".to_owned(),
        max_records: 100,
        max_bytes: 1 << 20,
        linger: Duration::ZERO,
        restart: RestartPolicy::default(),
    }
}

fn read(given: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
    let config: ConnectorConfig = given.iter().copied().collect();
    Settings::read(&"orders".parse().unwrap(), &config, &defaults())
}

#[test]
fn topics_are_separated_by_semicolons_or_commas() {
    #[track_caller]
    fn check(list: &str, expected: &[&str]) {
        let settings = read(&[("connect.topicnames", list)]).unwrap();
        assert_eq!(settings.topics.iter().map(|topic| &**topic).collect::<Vec<_>>(), expected);
    }
    check("a", &["a"]);
    check("b;a", &["a", "b"]);
    check(" a , b ;; a ", &["a", "b"]);
    check("%RETRY%g", &["%RETRY%g"]);
}

#[test]
fn what_is_not_said_has_the_java_workers_default() {
    let settings = read(&[("connect.topicnames", "t")]).unwrap();
    assert_eq!((settings.max_tasks, settings.begin), (1, Begin::Last));
    assert_eq!(settings.out_of_range, OutOfRange::Fail);
    assert_eq!(settings.group, "connect-orders");
    assert_eq!(settings.errors.tolerance, Tolerance::None);
    assert_eq!(settings.errors.dead_letters, None);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let errors = read(&[
        ("connect.topicnames", " ; "),
        ("max.tasks", "abc"),
        ("value.converter", "Nope"),
        ("consume.from.where", "CONSUME_FROM_TIMESTAMP"),
        ("batch.max.records", "0"),
        ("errors.log.enable", "yes"),
        ("task.group.id", "a b"),
        ("offset.out.of.range", "newest"),
        ("errors.restart.max.attempts", "-2"),
    ])
    .unwrap_err();
    let keys: Vec<_> = errors.0.iter().map(|error| error.key.as_str()).collect();
    let expected = [
        "value.converter",
        "connect.topicnames",
        "max.tasks",
        "task.group.id",
        "consume.from.where",
        "offset.out.of.range",
        "batch.max.records",
        "errors.log.enable",
        "errors.restart.max.attempts",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_name_that_makes_no_group_says_what_helps() {
    let config: ConnectorConfig = [("connect.topicnames", "t")].into_iter().collect();
    let error = Settings::read(&"a b".parse().unwrap(), &config, &defaults()).unwrap_err();
    assert!(error.to_string().contains("rename it or set this key"), "{error}");
}

#[test]
fn batches_are_bounded_by_the_hosts_keys_or_else_by_those_of_the_java_doris_sink() {
    #[track_caller]
    fn check(given: &[(&str, &str)], expected: (usize, usize, u64)) {
        let given: Vec<_> = given.iter().copied().chain([("connect.topicnames", "t")]).collect();
        let batch = read(&given).unwrap().batch;
        let (records, bytes, linger) = expected;
        let linger = Duration::from_millis(linger);
        assert_eq!(batch, BatchBounds { max_records: records, max_bytes: bytes, linger });
    }
    let java = [("buffer.count.records", "7"), ("buffer.size.bytes", "70"), ("buffer.flush.time", "2")];
    let host = [("batch.max.records", "5"), ("batch.max.bytes", "50"), ("batch.linger.ms", "3")];
    check(&[], (100, 1 << 20, 0));
    check(&java, (7, 70, 2_000));
    check(&host, (5, 50, 3));
    check(&[java, host].concat(), (5, 50, 3));
}

#[test]
fn a_connector_says_when_its_failed_tasks_start_again() {
    #[track_caller]
    fn check(given: &[(&str, &str)], expected: Result<(Option<u32>, u64, u64), &str>) {
        let given: Vec<_> = given.iter().copied().chain([("connect.topicnames", "t")]).collect();
        let found = read(&given).map(|settings| settings.restart).map_err(|errors| errors.to_string());
        let expected = expected.map(|(max_attempts, delay, max_delay)| RestartPolicy {
            max_attempts,
            delay: Duration::from_millis(delay),
            max_delay: Duration::from_millis(max_delay),
        });
        assert_eq!(found, expected.map_err(str::to_owned));
    }
    let (attempts, delay) = ("errors.restart.max.attempts", "errors.restart.delay.ms");
    let max_delay = "errors.restart.delay.max.ms";
    check(&[], Ok((None, 1_000, 300_000)));
    check(&[(attempts, "-1")], Ok((None, 1_000, 300_000)));
    check(&[(attempts, "0")], Ok((Some(0), 1_000, 300_000)));
    check(&[(attempts, "3"), (delay, "5"), (max_delay, "50")], Ok((Some(3), 5, 50)));
    check(&[(max_delay, "50")], Ok((None, 50, 50)));
    check(
        &[(delay, "60"), (max_delay, "50")],
        Err("errors.restart.delay.ms: 60 is more than errors.restart.delay.max.ms, which is 50"),
    );
    check(&[(delay, "0")], Err("errors.restart.delay.ms: \"0\" is not a whole number from 1 to 86400000"));
}

#[test]
fn what_becomes_of_a_queue_whose_next_messages_are_gone_is_chosen_by_word() {
    let out_of_range =
        |word| read(&[("connect.topicnames", "t"), ("offset.out.of.range", word)]).unwrap().out_of_range;
    assert_eq!(
        ["fail", "earliest", "latest"].map(out_of_range),
        [OutOfRange::Fail, OutOfRange::Earliest, OutOfRange::Latest]
    );
}
