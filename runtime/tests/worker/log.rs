//! What the runtime logs in this process, whichever test makes it.

use std::fmt::Debug;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static LINES: OnceLock<&'static Mutex<String>> = OnceLock::new();

/// Everything logged since the first call.
pub(crate) fn lines() -> String {
    let lines = LINES.get_or_init(|| {
        let lines: &'static Mutex<String> = Box::leak(Box::default());
        if tracing::subscriber::set_global_default(Log(lines)).is_err() {
            unreachable!("nobody else in this process keeps the log");
        }
        lines
    });
    lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Log(&'static Mutex<String>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("runtime")
    }
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_str(&line.0);
        lines.push('\n');
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}
