//! Panics of connectors, which print nothing.
//!
//! What a panic says is printed before anybody can catch it, and a connector's may hold its password. So threads that
//! belong to a connector only log where it happened; what was said stands, without secrets, in the status.

use std::{
    cell::Cell,
    panic::{Location, PanicHookInfo},
    sync::Once,
};

thread_local! {
    static IS_CONNECTORS: Cell<bool> = const { Cell::new(false) };
}

/// From now on panics on threads that belong to connectors are logged without what they say. Other threads' panics go on
/// to whatever is in place.
pub(super) fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match IS_CONNECTORS.get() {
            true => log(panic),
            false => others(panic),
        }));
    });
}

/// This thread belongs to a connector.
pub(super) fn is_connectors_thread() {
    IS_CONNECTORS.set(true);
}

// Invariant 6: the place alone.
fn log(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let location = panic.location().map(Location::to_string).unwrap_or_default();
    tracing::error!(thread = thread.name().unwrap_or_default(), location, "a connector panicked");
}
