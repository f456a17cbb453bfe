//! What can be typed on the command line.

use clap::{Args, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf};

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed while running, 2 wrong usage or configuration.";

/// A host for sink connectors, compatible with Apache RocketMQ Connect.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// What to log, such as `debug` or `info,runtime=debug` [default: `RUST_LOG` of the environment, or info]
    #[arg(long, global = true, value_name = "FILTER")]
    pub log_level: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one worker, which reads RocketMQ topics into sinks and is managed over REST
    #[command(after_help = format!(
        "Example:\n  rocketmq-connect standalone -c connect-standalone.conf\n  \
         curl http://127.0.0.1:8082/connectors/list\n\n\
         The first SIGTERM or SIGINT finishes and commits what is in flight, for up to shutdown.timeout.ms; \
         a second one stops at once.\n{EXIT_CODES}"
    ))]
    Standalone(Standalone),

    /// Run a name server and broker in one process, for trying out and for tests
    #[cfg(feature = "dev-broker")]
    #[command(after_help = format!(
        "Example:\n  rocketmq-connect dev-broker --listen 127.0.0.1:9876 --data /tmp/dev-broker\n\n{EXIT_CODES}"
    ))]
    DevBroker(DevBroker),

    /// Send each line of standard input as a message
    #[command(after_help = format!(
        "Example:\n  rocketmq-connect produce -n 127.0.0.1:9876 -t orders --key-field id < orders.jsonl\n\n\
         Empty lines are left out, as RocketMQ knows no empty messages. A topic that does not exist is created with \
         4 queues. Lines are spread over the topic's queues in batches.\n{EXIT_CODES}"
    ))]
    Produce(Produce),
}

/// Options of `standalone`.
#[derive(Debug, Clone, Args)]
pub struct Standalone {
    /// The worker's configuration, a properties file with the keys of RocketMQ Connect
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,

    /// Warn of unknown keys in the configuration instead of refusing it
    #[arg(long)]
    pub lenient: bool,
}

/// Options of `dev-broker`.
#[derive(Debug, Clone, Args)]
pub struct DevBroker {
    /// Where name server and broker listen, both on this port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9876")]
    pub listen: SocketAddr,

    /// The directory that everything is kept in; created when it is not there
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

/// Options of `produce`.
#[derive(Debug, Clone, Args)]
pub struct Produce {
    /// Name servers, `host:port`, several separated by `;`
    #[arg(short, long = "namesrv", value_name = "NAMESRV", value_delimiter = ';', required = true)]
    pub name_servers: Vec<String>,

    /// The topic to send to
    #[arg(short, long, value_name = "TOPIC")]
    pub topic: String,

    /// Lines are JSON objects; the value of this field becomes the message's key (`KEYS`)
    #[arg(long, value_name = "FIELD")]
    pub key_field: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &[&str], expected: &str) {
        let refused = Arguments::try_parse_from([&["rocketmq-connect"], given].concat()).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
        assert_eq!(refused.exit_code(), 2);
    }

    #[test]
    fn what_is_misspelt_is_answered_with_the_nearest_word() {
        check(&["standalon"], "a similar subcommand exists: 'standalone'");
        check(&["standalone", "--confg", "f"], "a similar argument exists: '--config'");
        check(
            &["produce", "-n", "h:1", "-t", "t", "--key-feild", "id"],
            "a similar argument exists: '--key-field'",
        );
        check(&["dev-broker", "--date", "d"], "a similar argument exists: '--data'");
    }

    #[test]
    fn what_is_missing_is_named() {
        check(&["standalone"], "--config <FILE>");
        check(&["produce", "-n", "h:1"], "--topic <TOPIC>");
        check(&["dev-broker"], "--data <DIR>");
        check(
            &["dev-broker", "--data", "d", "--listen", "9876"],
            "invalid value '9876' for '--listen <ADDRESS>'",
        );
    }

    #[test]
    fn each_command_shows_an_example() {
        for command in ["standalone", "dev-broker", "produce"] {
            let help =
                Arguments::try_parse_from(["rocketmq-connect", command, "--help"]).unwrap_err().to_string();
            assert!(help.contains(&format!("Example:\n  rocketmq-connect {command} ")), "{help}");
        }
    }

    #[test]
    fn name_servers_are_separated_by_semicolons() {
        let given = ["rocketmq-connect", "produce", "-n", "a:1;b:2", "-t", "t"];
        let Command::Produce(options) = Arguments::try_parse_from(given).unwrap().command else { panic!() };
        assert_eq!(options.name_servers, ["a:1", "b:2"]);
    }
}
