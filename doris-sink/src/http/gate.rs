//! A body that waits to be asked for.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::sync::oneshot;

/// Bytes handed over at once. Small enough that a slow peer shows progress, large enough to cost nothing.
const FRAME: usize = 256 * 1024;

/// A body of known length that stays back until its [`Gate`] opens, and is sent in slices, without a copy.
#[derive(Debug)]
pub(super) struct GatedBody {
    way: Way,
    rest: Bytes,
    sent: Sent,
}

/// Whether a body may go.
#[derive(Debug)]
enum Way {
    Open,
    Closed(oneshot::Receiver<()>),
    /// The gate is gone, unopened.
    Barred,
}

/// How much of a body was handed to the connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent(Arc<AtomicU64>);

/// Opens the way of one body.
#[derive(Debug)]
pub(super) struct Gate(oneshot::Sender<()>);

impl GatedBody {
    /// A body that goes out as soon as the connection takes it.
    pub(super) fn open(body: Bytes) -> (Self, Sent) {
        let sent = Sent::default();
        (Self { way: Way::Open, rest: body, sent: sent.clone() }, sent)
    }

    /// A body that goes out once the gate was opened. A gate dropped unopened keeps it back for good.
    pub(super) fn gated(body: Bytes) -> (Self, Sent, Gate) {
        let (open, closed) = oneshot::channel();
        let (body, sent) = Self::open(body);
        (Self { way: Way::Closed(closed), ..body }, sent, Gate(open))
    }
}

impl Gate {
    /// Lets the body go.
    pub(super) fn open(self) {
        // The body is gone when the exchange ended before: nobody is left to be told.
        self.0.send(()).unwrap_or_default();
    }
}

impl Sent {
    /// Bytes handed over so far.
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Way::Closed(closed) = &mut self.way {
            self.way = match ready!(Pin::new(closed).poll(cx)) {
                Ok(()) => Way::Open,
                Err(_) => Way::Barred,
            };
        }
        if let Way::Barred = self.way {
            // Whoever dropped the gate has its answer and gives up the connection.
            return Poll::Pending;
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.rest.len().min(FRAME);
        let frame = self.rest.split_to(length);
        self.sent.0.fetch_add(length as u64, Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn poll(body: &mut GatedBody) -> Poll<Option<Bytes>> {
        let polled = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()));
        polled.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap()))
    }

    #[test]
    fn a_body_waits_for_its_gate() {
        let (mut body, sent, gate) = GatedBody::gated(Bytes::from_static(b"rows"));
        assert_eq!(poll(&mut body), Poll::Pending);
        assert_eq!(sent.bytes(), 0);
        gate.open();
        assert_eq!(poll(&mut body), Poll::Ready(Some(Bytes::from_static(b"rows"))));
        assert_eq!(poll(&mut body), Poll::Ready(None));
        assert_eq!(sent.bytes(), 4);
    }

    #[test]
    fn a_body_whose_gate_is_dropped_stays_back_however_often_it_is_asked_for() {
        let (mut body, sent, gate) = GatedBody::gated(Bytes::from_static(b"rows"));
        drop(gate);
        assert_eq!(poll(&mut body), Poll::Pending);
        assert_eq!(poll(&mut body), Poll::Pending);
        assert_eq!(sent.bytes(), 0);
    }
}
