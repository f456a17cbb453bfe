//! Other names for fields, worked out once: records of a topic mostly have the same fields in the same places.

use connector_api::Text;

/// As many places are remembered; the names of fields behind them are worked out each time.
const PLACES: usize = 1024;

/// What the name at each place became last time.
#[derive(Debug, Default)]
pub(crate) struct NameMemo(Vec<(Box<[u8]>, Option<Text>)>);

impl NameMemo {
    /// What `change` makes of `name`, which stands at `place`; `None` when it is left as it is.
    pub(crate) fn of(
        &mut self,
        place: usize,
        name: &[u8],
        change: impl FnOnce(&str) -> Option<String>,
    ) -> Option<Text> {
        if let Some((known, new)) = self.0.get(place)
            && **known == *name
        {
            return new.clone();
        }
        let text = String::from_utf8_lossy(name);
        let new = change(&text).filter(|new| *new != text).map(Text::from);
        let entry = (name.into(), new.clone());
        if let Some(known) = self.0.get_mut(place) {
            *known = entry;
        } else if place == self.0.len() && place < PLACES {
            self.0.push(entry);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_worked_out_when_it_changes_its_place() {
        let mut memo = NameMemo::default();
        let mut asked = 0;
        let mut of = |place, name: &str| {
            memo.of(place, name.as_bytes(), |name| {
                asked += 1;
                Some(name.to_uppercase())
            })
            .map(|name| name.to_string())
        };
        assert_eq!(of(0, "a"), Some("A".into()));
        assert_eq!(of(1, "B"), None, "it is called so already");
        assert_eq!(of(0, "a"), Some("A".into()));
        assert_eq!(of(0, "c"), Some("C".into()));
        assert_eq!(of(9, "d"), Some("D".into()));
        assert_eq!(asked, 4);
    }
}
