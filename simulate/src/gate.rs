//! The gate between the server and Stripe. Every call is parked here; the history decides what becomes of it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header, request::Parts},
    response::Response,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};

use crate::history::Happened;

/// No call is longer than this, in bytes.
const LONGEST: usize = 1 << 20;

/// A call that waits for its fate. It outlives whoever sent it: what is on its way stays on its way.
#[derive(Debug)]
pub struct Call {
    parts: Parts,
    body: Bytes,
    back: Option<oneshot::Sender<Response>>,
}

impl Call {
    /// Such as `POST /v1/refunds`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.parts.method, self.parts.uri.path())
    }

    /// The call as Stripe gets it.
    #[must_use]
    pub fn request(&self) -> Request {
        Request::from_parts(self.parts.clone(), Body::from(self.body.clone()))
    }

    /// Hands the answer to whoever sent the call, if that is still there.
    pub fn answer(mut self, response: Response) {
        if let Some(back) = self.back.take() {
            // Whoever sent it may have died.
            let _ = back.send(response);
        }
    }

    /// Whoever sent it hears nothing more of it: its connection breaks.
    pub fn hang_up(&mut self) {
        self.back = None;
    }
}

/// Opens a gate; what arrives goes to `inbox`. Its address is answered.
///
/// # Errors
/// When no port is free.
pub async fn open(inbox: mpsc::UnboundedSender<Happened>) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = Router::new().fallback(park).with_state(inbox);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// An answer without Stripe: what a machine in between says.
#[must_use]
pub fn stranger(status: StatusCode, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}

/// The answer of a call whose connection breaks after these bytes of a longer one.
#[must_use]
pub fn cut_off(bytes: &'static [u8]) -> Response {
    let length = bytes.len() + 1_000;
    let body = Body::new(Broken(
        Some(Bytes::from_static(bytes)).filter(|bytes| !bytes.is_empty()),
    ));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    response
}

async fn park(State(inbox): State<mpsc::UnboundedSender<Happened>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LONGEST).await else {
        return cut_off(b"");
    };
    let (back, answer) = oneshot::channel();
    let call = Call {
        parts,
        body,
        back: Some(back),
    };
    // Without a history nobody waits for an answer either.
    let _ = inbox.send(Happened::Parked(call));
    answer.await.unwrap_or_else(|_| cut_off(b""))
}

/// A body that breaks off.
struct Broken(Option<Bytes>);

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(http_body::Frame::data(bytes)),
            None => Err(io::ErrorKind::ConnectionReset.into()),
        }))
    }
}
