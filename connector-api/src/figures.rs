//! What a sink counts for operators: shown in the task's status and in the worker's metrics.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Most series of one task. What comes beyond is counted and not shown, so that a target with thousands of tables does not flood
/// whoever collects metrics.
const MOST: usize = 1000;

/// The figures of one task, which survive its restarts; clones share them.
///
/// A figure is a name and labels, such as `loads` of `table="shop.orders"`. Asking for one costs a lock, adding to it none: a sink keeps
/// what it was given.
///
/// ```
/// # use connector_api::{Figures, FigureValue};
/// let figures = Figures::default();
/// let rows = figures.count("rows", "Rows written.", &[("table", "shop.orders")]);
/// rows.add(7);
/// figures.count("rows", "Rows written.", &[("table", "shop.orders")]).add(1);
/// assert_eq!(figures.all()[0].value, FigureValue::Count(8));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Figures(Arc<Mutex<BTreeMap<Id, Figure>>>);

/// A name and labels; figures of one name follow each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    name: &'static str,
    labels: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
struct Figure {
    help: &'static str,
    store: Store,
}

#[derive(Debug, Clone)]
enum Store {
    Count(Count),
    Elapsed(Elapsed),
    Latest(Latest),
}

/// A number that only grows.
#[derive(Debug, Clone, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
    /// Adds so many.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }
}

/// Time that something took, added up.
#[derive(Debug, Clone, Default)]
pub struct Elapsed(Arc<AtomicU64>);

impl Elapsed {
    /// Adds so much, to the microsecond.
    pub fn add(&self, more: Duration) {
        self.0.fetch_add(u64::try_from(more.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }
}

/// A text that changes, such as the name of what was written last. It is shown in the status only.
#[derive(Clone, Default)]
pub struct Latest(Arc<Mutex<String>>);

impl Latest {
    /// Replaces the text.
    pub fn set(&self, text: &str) {
        let mut latest = lock(&self.0);
        latest.clear();
        latest.push_str(text);
    }
}

impl fmt::Debug for Latest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.0).fmt(f)
    }
}

/// A figure at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct FigureView {
    /// What it is called: words in lower case with `_` between them, without a unit.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub help: &'static str,
    /// What it is of.
    pub labels: Vec<(&'static str, String)>,
    /// How much.
    pub value: FigureValue,
}

/// The value of a figure.
#[derive(Debug, Clone, PartialEq)]
pub enum FigureValue {
    /// So many.
    Count(u64),
    /// So long.
    Elapsed(Duration),
    /// This.
    Latest(String),
}

impl Figures {
    /// The count called so, from 0 when there is none yet.
    pub fn count(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) -> Count {
        match self.get(name, help, labels, || Store::Count(Count::default())) {
            Store::Count(count) => count,
            _ => Count::default(),
        }
    }

    /// The time called so, from 0 when there is none yet.
    pub fn elapsed(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
    ) -> Elapsed {
        match self.get(name, help, labels, || Store::Elapsed(Elapsed::default())) {
            Store::Elapsed(elapsed) => elapsed,
            _ => Elapsed::default(),
        }
    }

    /// The text called so, empty when there is none yet.
    pub fn latest(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) -> Latest {
        match self.get(name, help, labels, || Store::Latest(Latest::default())) {
            Store::Latest(latest) => latest,
            _ => Latest::default(),
        }
    }

    /// All figures, those of one name behind each other.
    pub fn all(&self) -> Vec<FigureView> {
        let view = |(Id { name, labels }, Figure { help, store }): (&Id, &Figure)| {
            let value = match store {
                Store::Count(count) => FigureValue::Count(count.0.load(Relaxed)),
                Store::Elapsed(elapsed) => {
                    FigureValue::Elapsed(Duration::from_micros(elapsed.0.load(Relaxed)))
                }
                Store::Latest(latest) => FigureValue::Latest(lock(&latest.0).clone()),
            };
            FigureView { name, help, labels: labels.clone(), value }
        };
        lock(&self.0).iter().map(view).collect()
    }

    /// The figure, or a new one; one that is of another kind or one too many is shown to nobody.
    fn get(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        new: impl Fn() -> Store,
    ) -> Store {
        let labels = labels.iter().map(|(label, value)| (*label, (*value).to_owned())).collect();
        let id = Id { name, labels };
        let mut figures = lock(&self.0);
        if figures.len() >= MOST && !figures.contains_key(&id) {
            return new();
        }
        figures.entry(id).or_insert_with(|| Figure { help, store: new() }).store.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shared_by_name_and_labels() {
        let figures = Figures::default();
        let of = |table| figures.clone().count("rows", "Rows.", &[("table", table)]);
        of("a").add(1);
        of("b").add(10);
        of("a").add(2);
        figures.elapsed("publish", "Time to publish.", &[]).add(Duration::from_millis(1500));
        let label = figures.latest("last_label", "Label of the last load.", &[("table", "a")]);
        label.set("x");
        label.set("y");
        let shown: Vec<_> =
            figures.all().into_iter().map(|figure| (figure.name, figure.labels, figure.value)).collect();
        let table = |name: &str| vec![("table", name.to_owned())];
        assert_eq!(
            shown,
            [
                ("last_label", table("a"), FigureValue::Latest("y".to_owned())),
                ("publish", vec![], FigureValue::Elapsed(Duration::from_millis(1500))),
                ("rows", table("a"), FigureValue::Count(3)),
                ("rows", table("b"), FigureValue::Count(10)),
            ]
        );
    }

    #[test]
    fn there_are_never_more_than_somebody_can_collect() {
        let figures = Figures::default();
        for table in 0..MOST + 10 {
            figures.count("rows", "Rows.", &[("table", &table.to_string())]).add(1);
        }
        assert_eq!(figures.all().len(), MOST);
        figures.count("rows", "Rows.", &[("table", "0")]).add(1);
        assert!(
            figures.all().iter().any(|figure| figure.value == FigureValue::Count(2)),
            "those there are go on"
        );
    }
}
