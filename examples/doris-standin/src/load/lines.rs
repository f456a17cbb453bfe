//! Lines of a body.

use std::io::BufRead;

/// Hands over line by line, without the delimiter; a carriage return before a line feed belongs to it.
pub(super) fn each_line<E: From<std::io::Error>>(
    mut body: impl BufRead,
    delimiter: &[u8],
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let last = delimiter.last().copied().unwrap_or(b'\n');
    let mut line = Vec::new();
    loop {
        let read = body.read_until(last, &mut line)?;
        let complete = line.ends_with(delimiter);
        if read == 0 || complete {
            let end = if complete { line.len() - delimiter.len() } else { line.len() };
            if complete || end > 0 {
                take(without_return(&line[..end], delimiter))?;
            }
            line.clear();
        }
        if read == 0 {
            return Ok(());
        }
    }
}

fn without_return<'l>(line: &'l [u8], delimiter: &[u8]) -> &'l [u8] {
    if delimiter == b"\n" { line.strip_suffix(b"\r").unwrap_or(line) } else { line }
}

/// Counts the lines of a body, with one that is not ended, and without looking at what is in them.
pub(crate) fn count_lines(mut body: impl BufRead, end: u8) -> std::io::Result<u64> {
    let mut lines = 0;
    let mut last = end;
    loop {
        let piece = body.fill_buf()?;
        let Some(&byte) = piece.last() else { break };
        lines += memchr::memchr_iter(end, piece).count() as u64;
        last = byte;
        let length = piece.len();
        body.consume(length);
    }
    Ok(lines + u64::from(last != end))
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn bodies_fall_into_lines() {
        let check = |body: &str, delimiter: &str, expected: &[&str]| {
            let mut lines = Vec::new();
            let done: std::io::Result<()> = each_line(body.as_bytes(), delimiter.as_bytes(), |line| {
                lines.push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            });
            done.unwrap();
            assert_eq!(lines, expected, "{body:?} by {delimiter:?}");
        };
        check("", "\n", &[]);
        check("a\nb", "\n", &["a", "b"]);
        check("a\r\n\r\nb\r", "\n", &["a", "", "b"]);
        check("a\r;b\n;", ";", &["a\r", "b\n"]);
        check("a|b||c|||", "||", &["a|b", "c", "|"]);
    }

    #[test]
    fn lines_are_counted_however_they_are_read() {
        let check = |body: &str, expected: u64| {
            for window in [1, 3, 100] {
                let found = count_lines(BufReader::with_capacity(window, body.as_bytes()), b'\n');
                assert_eq!(found.unwrap(), expected, "{body:?} by {window}");
            }
        };
        check("", 0);
        check("a", 1);
        check("a\n", 1);
        check("a\nb", 2);
        check("\n\n", 2);
    }
}
