//! What a sink counts, as a task's status shows it: an object for what the figures are of.

use connector_api::{FigureValue, FigureView, Figures};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// Figures with the same labels.
pub(super) struct FigureGroup {
    labels: Vec<(&'static str, String)>,
    values: Vec<(&'static str, FigureValue)>,
}

/// All figures of a task, in the order of their labels; `None` when there are none.
pub(super) fn groups(figures: &Figures) -> Option<Vec<FigureGroup>> {
    let mut groups: Vec<FigureGroup> = Vec::new();
    for FigureView { name, labels, value, .. } in figures.all() {
        match groups.binary_search_by(|group| group.labels.cmp(&labels)) {
            Ok(index) => groups[index].values.push((name, value)),
            Err(index) => groups.insert(index, FigureGroup { labels, values: vec![(name, value)] }),
        }
    }
    (!groups.is_empty()).then_some(groups)
}

impl Serialize for FigureGroup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (label, value) in &self.labels {
            map.serialize_entry(label, value)?;
        }
        for (name, value) in &self.values {
            match value {
                FigureValue::Count(count) => map.serialize_entry(name, count)?,
                FigureValue::Elapsed(elapsed) => {
                    map.serialize_entry(&format!("{name}_seconds"), &elapsed.as_secs_f64())?;
                }
                FigureValue::Latest(text) => map.serialize_entry(name, text)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn figures_stand_with_what_they_are_of() {
        let figures = Figures::default();
        assert!(groups(&figures).is_none());
        figures.count("rows", "Rows.", &[("table", "b")]).add(2);
        figures.count("rows", "Rows.", &[("table", "a")]).add(1);
        figures.latest("last_label", "Label.", &[("table", "a")]).set("x");
        figures.elapsed("publish", "Time.", &[("table", "a")]).add(Duration::from_millis(1500));
        let shown = serde_json::to_string(&groups(&figures).unwrap()).unwrap();
        assert_eq!(
            shown,
            r#"[{"table":"a","last_label":"x","publish_seconds":1.5,"rows":1},{"table":"b","rows":2}]"#
        );
    }
}
