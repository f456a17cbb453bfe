//! Any life that connectors may have, told over REST and cut short by crashes, against a small model of it.
//!
//! `LIFECYCLE_CASES` says how many lives are tried, `LIFECYCLE_SEED` which; a failure names the seed and the shortest life
//! found that fails. Every life has a broker and a worker of its own.

mod model;
mod world;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use self::model::{Model, Step, steps};
use self::world::World;

/// As many as the gate has time for.
const CASES: u32 = 40;

#[test]
fn a_worker_is_what_it_was_told_to_be_and_every_record_arrives() -> anyhow::Result<()> {
    let number = |key: &str| std::env::var(key).ok().map(|value| value.parse::<u64>()).transpose();
    let seed = match number("LIFECYCLE_SEED")? {
        Some(seed) => seed,
        None => u64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_nanos() & u128::from(u64::MAX))?,
    };
    let cases = number("LIFECYCLE_CASES")?.map_or(Ok(CASES), u32::try_from)?;
    println!("LIFECYCLE_SEED={seed} LIFECYCLE_CASES={cases}");
    let config = Config {
        cases,
        failure_persistence: None,
        // A life that fails may take its time, and shorter ones are tried only to read them more easily.
        max_shrink_iters: 40,
        max_shrink_time: 120_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let runtime = tokio::runtime::Runtime::new()?;
    let outcome = runner.run(&steps(), |life| {
        let lived = runtime.block_on(live(&life));
        lived.map_err(|error| TestCaseError::fail(format!("{error:#}")))
    });
    outcome.map_err(|error| anyhow::anyhow!("LIFECYCLE_SEED={seed} LIFECYCLE_CASES={cases}: {error}"))
}

/// One life, from an empty broker to the last record.
async fn live(life: &[Step]) -> anyhow::Result<()> {
    let mut world = World::new().await?;
    let mut model = Model::default();
    for (step, number) in life.iter().zip(1..) {
        let so_far = |error: anyhow::Error| error.context(format!("step {number}, {step:?}"));
        world.take(step, &mut model).await.map_err(so_far)?;
        world.agrees(&model).await.map_err(so_far)?;
        if step.settles {
            world.settles(&model).await.map_err(so_far)?;
        }
    }
    model.resume_all();
    world.resume_all(&model).await?;
    world.settles(&model).await?;
    world.has_everything(&model).await?;
    world.end().await
}
