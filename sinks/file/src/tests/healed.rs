//! A record that is no line at first and becomes one later, because the operator corrected the configuration.

use super::{
    Place,
    Shown::{self, Line, Nothing, Refused},
    offset, queue, refused, shown,
};

/// What happens to the task between its first batch and those that come again.
#[derive(Debug, Clone, Copy)]
enum Between {
    Nothing,
    Restart,
}

/// Puts `a` to `e` at offsets 0 to 4 but for what `missing` shows at 1 and 3, then the batches of `again`, each twice.
async fn check(between: Between, missing: [Shown<'_>; 2], again: &[(i64, &[Shown<'_>])], expected: &str) {
    let what = format!("{between:?}, {missing:?}, {again:?}");
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    let first = shown(0, &[Line("a"), missing[0], Line("c"), missing[1], Line("e")]);
    let expected_refused: Vec<_> =
        [1, 3].into_iter().zip(missing).filter(|(_, shown)| *shown == Refused).map(|(at, _)| at).collect();
    assert_eq!(refused(&mut *task, &first).await, expected_refused, "{what}");
    assert_eq!(place.text(), "a\nc\ne\n", "{what}");
    if matches!(between, Between::Restart) {
        drop(task);
        task = place.start().await.unwrap();
    }
    assert_eq!(task.open(&queue(0), Some(offset(0))).await.unwrap(), Some(offset(1)), "{what}");
    for (first, messages) in again {
        for _ in 0..2 {
            refused(&mut *task, &shown(*first, messages)).await;
        }
    }
    assert_eq!(place.text(), expected, "{what}");
}

const KINDS: [[Shown<'_>; 2]; 4] =
    [[Refused, Refused], [Nothing, Nothing], [Refused, Nothing], [Nothing, Refused]];

#[tokio::test]
async fn healed_records_are_written_once_in_the_whole_batch_again() {
    let whole = [Line("a"), Line("b"), Line("c"), Line("d"), Line("e")];
    for missing in KINDS {
        check(Between::Nothing, missing, &[(0, &whole)], "a\nc\ne\nb\nd\n").await;
    }
}

#[tokio::test]
async fn healed_records_are_written_once_in_a_batch_that_begins_with_them() {
    let longer = [Line("b"), Line("c"), Line("d"), Line("e"), Line("f")];
    for missing in KINDS {
        check(Between::Restart, missing, &[(1, &longer)], "a\nc\ne\nb\nd\nf\n").await;
    }
}

#[tokio::test]
async fn healed_records_are_written_once_in_batches_of_their_own() {
    for missing in KINDS {
        for between in [Between::Nothing, Between::Restart] {
            let alone: [(i64, &[Shown<'_>]); 2] = [(1, &[Line("b")]), (3, &[Line("d")])];
            check(between, missing, &alone, "a\nc\ne\nb\nd\n").await;
        }
    }
}

#[tokio::test]
async fn one_of_two_is_healed_and_the_other_still_comes_again_after_a_restart() {
    let check = async |still: Shown<'_>, again: i64, messages: &[Shown<'_>], expected: &str, resume: i64| {
        let place = Place::new();
        let mut task = place.start().await.unwrap();
        refused(&mut *task, &shown(0, &[Line("a"), still, Line("c"), still, Line("e")])).await;
        drop(task);
        task = place.start().await.unwrap();
        for _ in 0..2 {
            refused(&mut *task, &shown(again, messages)).await;
        }
        assert_eq!(place.text(), expected);
        drop(task);
        task = place.start().await.unwrap();
        assert_eq!(task.open(&queue(0), Some(offset(0))).await.unwrap(), Some(offset(resume)));
        refused(&mut *task, &shown(resume, &[Line("late")])).await;
        assert_eq!(place.text(), format!("{expected}late\n"));
    };
    for still in [Refused, Nothing] {
        // The first alone: the other lies behind its batch, and stays missing.
        check(still, 1, &[Line("b")], "a\nc\ne\nb\n", 3).await;
        // The second, in a batch from the first on.
        check(still, 1, &[still, Line("c"), Line("d"), Line("e")], "a\nc\ne\nd\n", 1).await;
    }
}

#[tokio::test]
async fn what_is_missing_is_given_up_once_a_batch_behind_it_has_come() {
    for kind in [Refused, Nothing] {
        let place = Place::new();
        let mut task = place.start().await.unwrap();
        refused(&mut *task, &shown(0, &[Line("a"), kind])).await;
        refused(&mut *task, &shown(2, &[Line("c")])).await;
        drop(task);
        let mut task = place.start().await.unwrap();
        assert_eq!(task.open(&queue(0), Some(offset(0))).await.unwrap(), Some(offset(3)));
    }
}

#[tokio::test]
async fn a_line_that_could_be_none_now_stays_and_is_not_refused() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    refused(&mut *task, &shown(0, &[Line("a"), Refused, Line("c")])).await;
    assert_eq!(refused(&mut *task, &shown(0, &[Refused, Line("b"), Nothing])).await, [0; 0]);
    assert_eq!(place.text(), "a\nc\nb\n");
    assert_eq!(task.open(&queue(0), None).await.unwrap(), Some(offset(3)));
}
