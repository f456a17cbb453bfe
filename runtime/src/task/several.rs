//! What is said of several queues: of some in full, of the others their names.

use connector_api::QueueId;

/// So many are told of in full; the log does so of all.
const IN_FULL: usize = 3;

/// What a status says of these queues; nothing when there are none.
pub(super) fn told<'a>(queues: impl IntoIterator<Item = (&'a QueueId, String)>) -> Option<String> {
    let (mut texts, mut names) = (Vec::new(), Vec::new());
    for (queue, text) in queues {
        match texts.len() < IN_FULL {
            true => texts.push(text),
            false => names.push(queue.to_string()),
        }
    }
    if !names.is_empty() {
        texts.push(format!("and {}, of which the log says more", names.join(", ")));
    }
    (!texts.is_empty()).then(|| texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_queues_are_told_of_in_full_and_all_are_named() {
        let queues: Vec<_> =
            (0..5).map(|queue| QueueId { topic: "t".into(), broker: "b".into(), queue }).collect();
        let told = |count: usize| told(queues[..count].iter().map(|q| (q, format!("{q} is away"))));
        assert_eq!(told(0), None);
        assert_eq!(told(1).as_deref(), Some("t/b/0 is away"));
        assert_eq!(told(3).as_deref(), Some("t/b/0 is away; t/b/1 is away; t/b/2 is away"));
        let expected =
            "t/b/0 is away; t/b/1 is away; t/b/2 is away; and t/b/3, t/b/4, of which the log says more";
        assert_eq!(told(5).as_deref(), Some(expected));
    }
}
