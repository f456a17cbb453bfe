//! A crash at any byte, and damage at any byte.
//!
//! What a crash leaves is one of: the old record with some of the new lines, the old record beside part of a new one
//! under its temporary name, or the new record. Each is made here by hand, at every length.

use super::{Place, batch, offset, queue};
use connector_api::SinkError;
use std::fs;

const FIRST: [&str; 2] = ["one", "two"];
const SECOND: [&str; 3] = ["three", "", "fünf"];
const ALL: &str = "one\ntwo\nthree\n\nfünf\n";

/// File and position record after the first batch, and after the second.
struct Snapshots {
    first: (Vec<u8>, Vec<u8>),
    second: (Vec<u8>, Vec<u8>),
}

async fn snapshots() -> Snapshots {
    let place = Place::new();
    let read = || (fs::read(place.file()).unwrap(), fs::read(place.position()).unwrap());
    let mut task = place.start().await.unwrap();
    task.put(&batch(0, 0, &FIRST)).await.unwrap();
    let first = read();
    task.put(&batch(0, 2, &SECOND)).await.unwrap();
    Snapshots { first, second: read() }
}

/// Starts on what a crash left, goes on where the sink says, and checks that every line is there once.
async fn check_recovery(file: &[u8], position: &[u8], temporary: Option<&[u8]>) {
    let place = Place::new();
    fs::write(place.file(), file).unwrap();
    fs::write(place.position(), position).unwrap();
    if let Some(bytes) = temporary {
        fs::write(place.temporary_position(), bytes).unwrap();
    }
    let mut task = place.start().await.unwrap();
    match task.open(&queue(0), None).await.unwrap() {
        at if at == Some(offset(2)) => task.put(&batch(0, 2, &SECOND)).await.unwrap(),
        at => assert_eq!(at, Some(offset(5))),
    }
    assert_eq!(place.text(), ALL);
}

async fn check_refused(file: &[u8], position: &[u8], expected: &str) {
    let place = Place::new();
    fs::write(place.file(), file).unwrap();
    fs::write(place.position(), position).unwrap();
    let refused = place.start().await.err().unwrap();
    assert!(matches!(refused, SinkError::Fatal(_)), "{refused:?}");
    assert!(refused.to_string().contains(expected), "{refused}");
    assert!(refused.to_string().contains(place.file().to_str().unwrap()), "{refused}");
    assert_eq!(fs::read(place.file()).unwrap(), file, "the file was touched");
    assert_eq!(fs::read(place.position()).unwrap(), position, "the position record was touched");
}

#[tokio::test]
async fn a_crash_while_lines_are_written_loses_and_repeats_none() {
    let Snapshots { first, second } = snapshots().await;
    for length in first.0.len()..=second.0.len() {
        check_recovery(&second.0[..length], &first.1, None).await;
    }
}

#[tokio::test]
async fn a_crash_while_the_position_is_replaced_loses_and_repeats_none() {
    let Snapshots { first, second } = snapshots().await;
    for length in 0..=second.1.len() {
        check_recovery(&second.0, &first.1, Some(&second.1[..length])).await;
    }
    check_recovery(&second.0, &second.1, None).await;
}

#[tokio::test]
async fn a_position_record_torn_at_any_length_is_refused() {
    let Snapshots { second: (file, position), .. } = snapshots().await;
    for length in 0..position.len() {
        check_refused(&file, &position[..length], "is not a whole position record").await;
    }
}

#[tokio::test]
async fn a_position_record_with_any_byte_changed_is_refused() {
    let Snapshots { second: (file, position), .. } = snapshots().await;
    for at in 0..position.len() {
        let mut changed = position.clone();
        changed[at] ^= 1;
        check_refused(&file, &changed, "is not a whole position record").await;
    }
}

#[tokio::test]
async fn a_file_shorter_than_recorded_is_refused_at_any_length() {
    let Snapshots { second: (file, position), .. } = snapshots().await;
    for length in 0..file.len() {
        check_refused(&file[..length], &position, "acknowledged records are missing").await;
    }
}

#[tokio::test]
async fn the_record_of_another_connector_is_refused() {
    let place = Place::new();
    place.start().await.unwrap().put(&batch(0, 0, &FIRST)).await.unwrap();
    let refused = place.start_as("other").await.err().unwrap();
    assert!(refused.to_string().contains("belongs to connector \"c\", not to \"other\""), "{refused}");
}

#[tokio::test]
async fn a_position_record_of_another_format_is_refused() {
    let Snapshots { first: (file, position), .. } = snapshots().await;
    let text = String::from_utf8(position).unwrap();
    let whole = text.split_once("\"position\":").unwrap().1.trim_end().strip_suffix('}').unwrap();
    // Whole in every other way: only its format is not known here.
    let later = whole.replacen("\"format\":1", "\"format\":2", 1);
    let later = format!("{{\"crc32\":{},\"position\":{later}}}\n", crc32fast::hash(later.as_bytes()));
    check_refused(&file, later.as_bytes(), "has format 2").await;
}
