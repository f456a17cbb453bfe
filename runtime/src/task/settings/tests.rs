use super::*;

fn defaults() -> Defaults {
    Defaults {
        key_converter: "StringConverter".to_owned(),
        value_converter: "StringConverter".to_owned(),
        max_records: 100,
        max_bytes: 1 << 20,
        linger: Duration::ZERO,
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
    ])
    .unwrap_err();
    let keys: Vec<_> = errors.0.iter().map(|error| error.key.as_str()).collect();
    let expected = [
        "value.converter",
        "connect.topicnames",
        "max.tasks",
        "task.group.id",
        "consume.from.where",
        "batch.max.records",
        "errors.log.enable",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_name_that_makes_no_group_says_what_helps() {
    let config: ConnectorConfig = [("connect.topicnames", "t")].into_iter().collect();
    let error = Settings::read(&"a b".parse().unwrap(), &config, &defaults()).unwrap_err();
    assert!(error.to_string().contains("rename it or set this key"), "{error}");
}
