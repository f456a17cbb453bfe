//! What a file sink promises while nothing breaks, and when the file system refuses.

use super::{
    Place,
    Shown::{Line, Nothing},
    batch, chain, offset, queue, shown,
};
use connector_api::SinkError;
use std::{fs, os::unix::fs::symlink};

#[tokio::test]
async fn bodies_become_lines_and_a_restart_goes_on_after_them() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    assert_eq!(task.open(&queue(0), None).await.unwrap(), None);
    task.put(&batch(0, 0, &["a", "b"])).await.unwrap();
    task.put(&batch(1, 7, &["x"])).await.unwrap();
    task.put(&batch(0, 2, &["c"])).await.unwrap();
    task.stop().await.unwrap();

    let mut task = place.start().await.unwrap();
    assert_eq!(task.open(&queue(0), Some(offset(2))).await.unwrap(), Some(offset(3)));
    assert_eq!(task.open(&queue(1), None).await.unwrap(), Some(offset(8)));
    assert_eq!(task.open(&queue(2), Some(offset(5))).await.unwrap(), Some(offset(5)));
    task.put(&batch(1, 8, &["y"])).await.unwrap();
    assert_eq!(place.text(), "a\nb\nx\nc\ny\n");
}

#[tokio::test]
async fn a_commit_beyond_the_record_is_followed() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    task.put(&batch(0, 0, &["a"])).await.unwrap();
    assert_eq!(task.open(&queue(0), Some(offset(9))).await.unwrap(), Some(offset(9)));
}

#[tokio::test]
async fn a_file_that_was_there_is_appended_to_and_its_last_line_ended() {
    let place = Place::new();
    fs::write(place.file(), "old\nunfinished").unwrap();
    let mut task = place.start().await.unwrap();
    task.put(&batch(0, 0, &["new"])).await.unwrap();
    assert_eq!(place.text(), "old\nunfinished\nnew\n");
}

#[tokio::test]
async fn a_refused_record_comes_again_after_a_crash_and_its_neighbours_are_not_written_twice() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    let bodies = ["a", "two\nlines", "c"];
    for _ in 0..2 {
        // The host may end before it has dealt with the record, so it is refused until a later batch comes.
        let Err(SinkError::Records(refused)) = task.put(&batch(0, 0, &bodies)).await else { panic!() };
        assert_eq!(
            refused.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "offset 1: the body has a line break at byte 3 and is not JSON; one record is one line of the file"
            ]
        );
        drop(task);
        task = place.start().await.unwrap();
        assert_eq!(task.open(&queue(0), None).await.unwrap(), Some(offset(1)));
        let Err(SinkError::Records(again)) = task.put(&batch(0, 1, &bodies[1..])).await else { panic!() };
        assert_eq!(again, refused);
        fs::remove_file(place.position()).unwrap();
        fs::remove_file(place.file()).unwrap();
        drop(task);
        task = place.start().await.unwrap();
    }
    let Err(SinkError::Records(_)) = task.put(&batch(0, 0, &bodies)).await else { panic!() };
    task.put(&batch(0, 3, &["d"])).await.unwrap();
    assert_eq!(task.open(&queue(0), None).await.unwrap(), Some(offset(4)));
    assert_eq!(place.text(), "a\nc\nd\n");
}

#[tokio::test]
async fn a_full_disk_is_waited_out_and_each_line_is_there_once() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    task.put(&batch(0, 0, &["a"])).await.unwrap();
    let lines = batch(0, 1, &["b", "c"]);

    symlink("/dev/full", place.temporary_position()).unwrap();
    for _ in 0..3 {
        let refused = task.put(&lines).await.unwrap_err();
        assert!(matches!(refused, SinkError::Retriable(_)), "{refused:?}");
        let expected = format!("cannot write to {}: No space left on device", place.position().display());
        assert!(chain(&refused).starts_with(&expected), "{}", chain(&refused));
    }
    fs::remove_file(place.temporary_position()).unwrap();
    task.put(&lines).await.unwrap();
    assert_eq!(place.text(), "a\nb\nc\n");
}

#[tokio::test]
async fn a_second_writer_of_the_same_file_is_refused_until_the_first_ends() {
    let place = Place::new();
    let mut first = place.start().await.unwrap();
    let refused = place.start().await.err().unwrap();
    assert!(refused.to_string().contains("out is being written by another task or worker"), "{refused}");
    first.stop().await.unwrap();
    place.start().await.unwrap();
}

#[tokio::test]
async fn a_file_moved_away_or_cut_while_it_is_written_fails_the_task() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    task.put(&batch(0, 0, &["a"])).await.unwrap();
    fs::rename(place.file(), place.directory().join("rotated")).unwrap();
    let moved = task.put(&batch(0, 1, &["b"])).await.unwrap_err();
    assert!(matches!(moved, SinkError::Fatal(_)));
    assert!(moved.to_string().contains("was moved or deleted while it was written"), "{moved}");

    fs::rename(place.directory().join("rotated"), place.file()).unwrap();
    task.put(&batch(0, 1, &["b"])).await.unwrap();
    fs::File::options().write(true).open(place.file()).unwrap().set_len(1).unwrap();
    let cut = task.put(&batch(0, 2, &["c"])).await.unwrap_err();
    assert!(cut.to_string().contains("has 1 bytes where its position record tells of 4"), "{cut}");
}

#[tokio::test]
async fn a_queue_that_starts_again_from_its_beginning_is_not_taken_for_known() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    task.put(&batch(0, 0, &["a"])).await.unwrap();
    task.put(&batch(0, 1, &["b"])).await.unwrap();
    let rewound = task.put(&batch(0, 0, &["A", "B"])).await.unwrap_err();
    assert!(matches!(rewound, SinkError::Fatal(_)));
    assert!(rewound.to_string().contains("t/b/0 was read from offset 0"), "{rewound}");
    assert_eq!(place.text(), "a\nb\n");
}

#[tokio::test]
async fn the_last_batch_put_again_with_more_behind_it_adds_only_what_is_new() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    task.put(&batch(0, 0, &["a"])).await.unwrap();
    task.put(&batch(0, 1, &["b", "c"])).await.unwrap();
    task.put(&batch(0, 1, &["b", "c", "d"])).await.unwrap();
    assert_eq!(place.text(), "a\nb\nc\nd\n");
}

#[tokio::test]
async fn a_record_that_the_host_left_out_is_not_passed_until_the_next_batch() {
    let place = Place::new();
    let mut task = place.start().await.unwrap();
    let with_gap = shown(0, &[Line("a"), Nothing, Line("c")]);
    task.put(&with_gap).await.unwrap();
    assert_eq!(task.open(&queue(0), None).await.unwrap(), Some(offset(1)));
    task.put(&with_gap).await.unwrap();
    task.put(&batch(0, 3, &["d"])).await.unwrap();
    assert_eq!(task.open(&queue(0), None).await.unwrap(), Some(offset(4)));
    assert_eq!(place.text(), "a\nc\nd\n");
}

#[tokio::test]
async fn what_cannot_be_written_is_said_at_start() {
    let place = Place::new();
    fs::create_dir(place.file()).unwrap();
    let refused = place.start().await.err().unwrap();
    assert!(refused.to_string().contains("out is not a regular file"), "{refused}");

    fs::remove_dir(place.file()).unwrap();
    fs::remove_dir(place.directory()).unwrap();
    let refused = place.start().await.err().unwrap();
    assert!(chain(&refused).contains("its directory has to exist"), "{}", chain(&refused));
    assert!(chain(&refused).ends_with("No such file or directory (os error 2)"), "{}", chain(&refused));
}
