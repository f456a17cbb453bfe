//! Lines of the input, gathered into batches.

use super::key::{NoKey, key_of};
use bytes::Bytes;
use remoting::{MAX_BATCH_BYTES, MAX_BATCH_MESSAGES, message::MAX_BODY_BYTES};
use std::{
    io::{self, BufRead, BufReader, Read},
    ops::RangeInclusive,
};

const BATCH_LINES: usize = MAX_BATCH_MESSAGES;
/// Lines of the first batch. The next ones double, so that a small input is spread over all queues as well.
const FIRST_BATCH_LINES: usize = 50;
/// Leaves room for what a batch adds to each message: sizes, its id, and flags.
const BATCH_BYTES: usize = MAX_BATCH_BYTES - 128 * BATCH_LINES;
const BUFFER: usize = 1 << 20;

/// Lines that are sent together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// The numbers of the first and the last in the input, from 1.
    pub(super) numbers: RangeInclusive<u64>,
    /// Those that are not empty.
    pub(super) lines: Vec<Line>,
}

/// One line, without its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) body: Bytes,
    pub(super) key: Option<String>,
}

/// Why reading ended before the input did.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("line {line} has more than 4 MiB (4194304 bytes), which is the most a broker takes")]
    TooLong { line: u64 },
    #[error("line {line} has no key {field:?}: {why}")]
    NoKey { line: u64, field: String, why: NoKey },
    #[error("line {line} cannot be read from standard input")]
    Read { line: u64, source: io::Error },
}

/// The batches of an input, in order. What is wrong with a line comes after the lines before it.
pub(super) struct Batches<R> {
    input: BufReader<R>,
    key_field: Option<String>,
    batch_lines: usize,
    read: u64,
    empty: u64,
    carried: Option<(u64, Line)>,
    failed: Option<InputError>,
    ended: bool,
}

impl<R: Read> Batches<R> {
    pub(super) fn new(input: R, key_field: Option<String>) -> Self {
        let input = BufReader::with_capacity(BUFFER, input);
        Self {
            input,
            key_field,
            batch_lines: FIRST_BATCH_LINES,
            read: 0,
            empty: 0,
            carried: None,
            failed: None,
            ended: false,
        }
    }

    /// How many empty lines there were so far.
    pub(super) fn empty(&self) -> u64 {
        self.empty
    }

    /// The next line that is not empty, with its number.
    fn line(&mut self) -> Option<(u64, Line)> {
        if self.carried.is_some() {
            return self.carried.take();
        }
        while !self.ended {
            match self.read_line() {
                Ok(Some(body)) if body.is_empty() => self.empty += 1,
                Ok(Some(body)) => match self.keyed(body) {
                    Ok(line) => return Some((self.read, line)),
                    Err(error) => (self.ended, self.failed) = (true, Some(error)),
                },
                Ok(None) => self.ended = true,
                Err(error) => (self.ended, self.failed) = (true, Some(error)),
            }
        }
        None
    }

    fn read_line(&mut self) -> Result<Option<Vec<u8>>, InputError> {
        let number = self.read + 1;
        let mut line = Vec::new();
        // Two more for the line break, and one to see that there is too much.
        let most = MAX_BODY_BYTES as u64 + 3;
        let read = (&mut self.input).take(most).read_until(b'\n', &mut line);
        if read.map_err(|source| InputError::Read { line: number, source })? == 0 {
            return Ok(None);
        }
        if line.ends_with(b"\n") {
            line.pop();
            if line.ends_with(b"\r") {
                line.pop();
            }
        }
        if line.len() > MAX_BODY_BYTES {
            return Err(InputError::TooLong { line: number });
        }
        self.read = number;
        Ok(Some(line))
    }

    fn keyed(&self, body: Vec<u8>) -> Result<Line, InputError> {
        let key = self.key_field.as_ref().map(|field| {
            key_of(&body, field).map_err(|why| InputError::NoKey {
                line: self.read,
                field: field.clone(),
                why,
            })
        });
        Ok(Line { key: key.transpose()?, body: body.into() })
    }

    fn next_line_is_there(&self) -> bool {
        self.carried.is_some() || self.input.buffer().contains(&b'\n')
    }
}

impl<R: Read> Iterator for Batches<R> {
    type Item = Result<Batch, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut lines, mut bytes, mut numbers) = (Vec::new(), 0, None);
        while let Some((number, line)) = self.line() {
            if !lines.is_empty() && bytes + line.bytes() > BATCH_BYTES {
                self.carried = Some((number, line));
                break;
            }
            bytes += line.bytes();
            lines.push(line);
            numbers = Some(numbers.map_or(number..=number, |n: RangeInclusive<u64>| *n.start()..=number));
            // What is there is not kept waiting for what somebody may type in an hour.
            if lines.len() == self.batch_lines || !self.next_line_is_there() {
                break;
            }
        }
        self.batch_lines = BATCH_LINES.min(self.batch_lines * 2);
        match numbers {
            Some(numbers) => Some(Ok(Batch { numbers, lines })),
            None => self.failed.take().map(Err),
        }
    }
}

impl Line {
    fn bytes(&self) -> usize {
        self.body.len() + self.key.as_ref().map_or(0, String::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, key_field: Option<&str>, expected: &[&str]) {
        let field = key_field.map(str::to_owned);
        let shown = |batch: Result<Batch, InputError>| match batch {
            Err(error) => error.to_string(),
            Ok(batch) => {
                let lines: Vec<_> =
                    batch.lines.iter().map(|line| String::from_utf8_lossy(&line.body)).collect();
                format!("{:?} {}", batch.numbers, lines.join("|"))
            }
        };
        let found: Vec<_> = Batches::new(input.as_bytes(), field).map(shown).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_gathered_with_their_numbers() {
        check("", None, &[]);
        check("\n\r\n", None, &[]);
        check("a\nb\n", None, &["1..=2 a|b"]);
        check("a\r\n\n\nb b\nlast", None, &["1..=4 a|b b", "5..=5 last"]);
    }

    #[test]
    fn batches_grow_to_a_thousand_lines_or_what_a_broker_takes() {
        let many = "x\n".repeat(5_000);
        let sizes: Vec<_> = Batches::new(many.as_bytes(), None).map(|b| b.unwrap().lines.len()).collect();
        assert_eq!(sizes, [50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 450]);

        let line = "x".repeat(1 << 20);
        let large = format!("{line}\n{line}\n{line}\n{line}\n{line}\n");
        for batch in Batches::new(large.as_bytes(), None).map(Result::unwrap) {
            assert!(batch.lines.iter().map(Line::bytes).sum::<usize>() <= BATCH_BYTES);
        }
    }

    #[test]
    fn a_line_of_four_mib_is_sent_and_a_longer_one_named() {
        let most = "x".repeat(MAX_BODY_BYTES);
        let numbers: Vec<_> =
            Batches::new(format!("a\n{most}\r\nb").as_bytes(), None).map(|b| b.unwrap().numbers).collect();
        assert_eq!(numbers, [1..=1, 2..=2, 3..=3]);
        check(
            &format!("a\n\n{most}x\nb\n"),
            None,
            &["1..=1 a", "line 3 has more than 4 MiB (4194304 bytes), which is the most a broker takes"],
        );
    }

    #[test]
    fn a_line_without_its_key_is_named_after_those_before_it() {
        let input = "{\"id\":1}\n\n{\"id\":2}\n{\"no\":3}\n{\"id\":4}\n";
        check(
            input,
            Some("id"),
            &["1..=3 {\"id\":1}|{\"id\":2}", "line 4 has no key \"id\": it has no such field"],
        );
        let keys: Vec<_> = Batches::new(input.as_bytes(), Some("id".into()))
            .filter_map(Result::ok)
            .flat_map(|batch| batch.lines)
            .map(|line| line.key.unwrap())
            .collect();
        assert_eq!(keys, ["1", "2"]);
    }

    #[test]
    fn what_is_there_does_not_wait_for_the_next_line() {
        struct Slow(Vec<&'static [u8]>);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let Some(part) = self.0.pop() else { return Ok(0) };
                buffer[..part.len()].copy_from_slice(part);
                Ok(part.len())
            }
        }
        let slow = Slow(vec![b"c\n", b"b\n", b"a\nhalf "]);
        let found: Vec<_> = Batches::new(slow, None).map(|b| b.unwrap().numbers).collect();
        assert_eq!(found, [1..=1, 2..=2, 3..=3]);
    }
}
