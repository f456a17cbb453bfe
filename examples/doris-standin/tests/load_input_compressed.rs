//! Compressed bodies, by version and format.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use std::io::Write as _;

use doris_standin::{Options, Running, Version};
use serde_json::Value;
use support::{count, label_state, load_bytes, rows, start, start_with};

const ROWS: &str = "1,a,1\n2,b,2\n";

fn gz(body: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &str) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn lz4(body: &str) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

async fn load_csv(running: &Running, compression: &str, body: &[u8]) -> Value {
    let header = format!("compress_type: {compression}");
    load_bytes(running, "test.t", &["label: c", "format: csv", "column_separator: ,", &header], body).await
}

#[tokio::test]
async fn compressed_csv_is_opened_by_every_version() {
    for version in Version::ALL {
        let lz4_name = if version == Version::V1_2 { "lz4frame" } else { "LZ4" };
        for (name, body) in [("gz", gz(ROWS)), ("deflate", zlib(ROWS)), (lz4_name, lz4(ROWS))] {
            let running = start_with(Options { version, ..Options::default() }).await;
            let answer = load_csv(&running, name, &body).await;
            assert_eq!(answer["Status"], "Success", "{version} {name}: {answer}");
            assert_eq!(answer["LoadBytes"], body.len(), "what was sent counts: {answer}");
            let found: Vec<(i64, String)> = rows(&running, "select id, name from test.t order by id").await;
            assert_eq!(found, [(1, "a".to_owned()), (2, "b".to_owned())], "{version} {name}");
        }
    }
}

#[tokio::test]
async fn only_compress_type_says_that_a_body_is_compressed() {
    let running = start().await;
    let plain = ["format: csv", "column_separator: ,", "Content-Encoding: gzip"];
    let answer = load_bytes(&running, "test.t", &plain, ROWS.as_bytes()).await;
    assert_eq!(answer["NumberLoadedRows"], 2, "{answer}");
    let both = ["format: csv", "column_separator: ,", "Content-Encoding: gzip", "compress_type: gz"];
    let answer = load_bytes(&running, "test.t", &both, &gz(ROWS)).await;
    assert_eq!(answer["NumberLoadedRows"], 2, "{answer}");
}

#[tokio::test]
async fn compressed_json_is_refused_unless_the_release_opens_it() {
    let headers = ["format: json", "compress_type: gz", "read_json_by_line: true"];
    let body = gz("{\"id\":1}\n{\"id\":2}");
    for version in Version::ALL {
        let running = start_with(Options { version, ..Options::default() }).await;
        let answer = load_bytes(&running, "test.t", &headers, &body).await;
        let message = answer["Message"].as_str().unwrap();
        let prefix = if version == Version::V1_2 { "" } else { "[INTERNAL_ERROR]" };
        assert_eq!(message, format!("{prefix}compress data of JSON format is not supported."), "{version}");
        assert_eq!(answer["TxnId"], -1, "{version}");
    }
    let running = start_with(Options { compressed_json: true, ..Options::default() }).await;
    let answer = load_bytes(&running, "test.t", &headers, &body).await;
    assert_eq!(answer["NumberLoadedRows"], 2, "{answer}");
}

#[tokio::test]
async fn what_cannot_be_opened_fails_and_frees_its_label() {
    let running = start().await;
    let mut cut = gz(&ROWS.repeat(1000));
    cut.truncate(cut.len() - 9);
    let check = async |name: &str, body: &[u8], expected: &str| {
        let answer = load_csv(&running, name, body).await;
        assert_eq!(answer["Message"], expected, "{name}");
        assert_eq!(answer["Status"], "Fail", "{name}");
        assert!(["ABORTED", "UNKNOWN"].contains(&label_state(&running, "c").await.as_str()), "{name}");
    };
    check("gz", &cut, "[INTERNAL_ERROR]Compressed file has been truncated, which is not allowed").await;
    check("gz", ROWS.as_bytes(), "[INTERNAL_ERROR]Failed to inflate. return code: -3").await;
    check("zstd", b"x", "[INTERNAL_ERROR]unknown data format, format=csv").await;
    check("bz2", b"x", "[INTERNAL_ERROR]the Doris stand-in does not open compress_type=bz2").await;
    assert_eq!(count(&running, "test.t").await, 0);
    assert_eq!(load_csv(&running, "gz", &gz(ROWS)).await["Status"], "Success");
}
