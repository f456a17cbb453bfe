//! The fault suite: processes are killed and frozen, lines are cut, servers answer wrongly, and an independent ledger says what
//! that did to the records.
//!
//! ```text
//! cargo test --test faults                                   the short form, which the gate runs
//! cargo test --release --test faults -- --long               the long form, an hour and more
//! cargo test --test faults -- --seed 7 --only kill-worker-doris
//! cargo test --test faults -- --two-phases --bad-rows        in another mode of loading Doris
//! ```
//!
//! The ledger knows two things only: the number of each order whose send a broker acknowledged, and the rows that the sink
//! made durable. The seed is printed first, every random choice follows from it, and a scenario that fails prints the command
//! that runs it again.
//!
//! A scenario is a function in a file of [`scenario`], and one line in the list there. It gets a [`scenario::Trial`] and gives
//! back a [`report::Outcome`], whose verdict is the ledger's ([`test_support::ledger`]).

mod arguments;
mod cpu;
mod evidence;
mod flow;
mod lines;
mod memory;
mod mode;
mod producer;
mod report;
mod rig;
mod scenario;
mod sink;
mod small_disk;
mod stage;

use std::process::ExitCode;
use std::time::Instant;

use test_support::dice::Dice;

use arguments::Arguments;
use report::Screen;
use scenario::Trial;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    let chosen = match arguments.chosen() {
        Ok(chosen) => chosen,
        Err(error) => return Screen.refuse(&error),
    };
    if arguments.list {
        return Screen.list(&chosen);
    }
    if chosen.is_empty() {
        return ExitCode::SUCCESS;
    }
    let seed = arguments.seed.unwrap_or_else(Dice::any_seed);
    Screen.seed(seed, arguments.form(), arguments.mode());
    let mut all_well = true;
    for scenario in chosen {
        // By name, so that a scenario that runs alone makes the same choices.
        let dice = Dice::new(seed).fork(scenario.name);
        let trial = Trial { dice, form: arguments.form(), mode: arguments.mode() };
        let began = Instant::now();
        let ended = stage::run(scenario, trial);
        all_well &= Screen.ended(scenario, &arguments.again(seed), &ended, began.elapsed());
    }
    if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
