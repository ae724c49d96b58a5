//! Takes connections: so many at once, each with time limits, and finishes what is under way when told to stop.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::IpAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tower::ServiceExt as _;

use super::peer;
use crate::{
    app::App,
    config::doors::{Doors, counted},
};

/// A head that is longer than this (bytes) and has not ended is refused, and one of more fields than this. Browsers send a
/// tenth of it.
const LONGEST_HEAD: usize = 32 * 1024;
const MOST_FIELDS: usize = 64;

/// Serves until `stop` says so, and then until what is under way is done.
pub async fn serve(listener: TcpListener, app: App, doors: Doors, mut stop: watch::Receiver<bool>) {
    let router = super::router(app);
    let room = Arc::new(Semaphore::new(usize_of(doors.connections)));
    let doors = Arc::new(doors);
    let crowd = Crowd::default();
    loop {
        // Whoever finds no room waits in the system's queue.
        let taken = tokio::select! {
            taken = room.clone().acquire_owned() => taken,
            () = told(&mut stop) => break,
        };
        let Ok(place) = taken else { break };
        let (stream, from) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => (stream, from.ip()),
                Err(error) => {
                    // Out of files, most of all: some of those open will end.
                    tracing::warn!(%error, "a connection can't be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = told(&mut stop) => break,
        };
        let most = if doors.trusts(from) {
            doors.connections
        } else {
            doors.connections_of_one
        };
        let Some(guest) = crowd.admit(counted(from), most) else {
            tracing::debug!("too many connections of one address");
            continue;
        };
        let connection = attend(stream, from, router.clone(), doors.clone(), stop.clone());
        tokio::spawn(async move {
            connection.await;
            drop((guest, place));
        });
    }
    drop(listener);
    // Each connection holds a place: when all are free, all are done. The semaphore is never closed.
    let _ = room.acquire_many(doors.connections).await;
}

async fn attend(
    stream: TcpStream,
    from: IpAddr,
    router: Router,
    doors: Arc<Doors>,
    mut stop: watch::Receiver<bool>,
) {
    // Without it an answer may wait for 40 ms; where it can't be set, it does.
    let _ = stream.set_nodelay(true);
    let patience = doors.patience;
    let trusted = doors.trusts(from);
    let service = service_fn(move |request: Request<Incoming>| {
        let client = peer::client(&doors, from, request.headers());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(client);
        let router = router.clone();
        async move {
            let answer: Result<Response, Infallible> = router.oneshot(request).await;
            answer
        }
    });
    let head = if trusted {
        patience.head_of_proxy
    } else {
        patience.head
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_headers(MOST_FIELDS)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let end = tokio::select! {
        end = connection.as_mut() => end,
        () = last(&mut stop, patience.connection, trusted) => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(patience.last_answer, connection).await {
                Ok(end) => end,
                Err(_) => return tracing::debug!("a connection was cut off"),
            }
        }
    };
    if let Err(error) = end {
        // Cut off by the other side, or by a time limit of ours: everyday life.
        tracing::debug!(%error, "a connection failed");
    }
}

/// Waits until the server is told to stop. Nobody left who could tell it means that it stops as well.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Waits until a connection has to end: the server stops, or a stranger has had it for long.
async fn last(stop: &mut watch::Receiver<bool>, longest: Duration, trusted: bool) {
    tokio::select! {
        () = told(stop) => {}
        () = tokio::time::sleep(longest), if !trusted => {}
    }
}

/// How many connections each address has.
#[derive(Clone, Debug, Default)]
struct Crowd(Arc<Mutex<HashMap<IpAddr, u32>>>);

/// One of them. Dropped, it is counted no more.
struct Guest {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    fn admit(&self, address: IpAddr, most: u32) -> Option<Guest> {
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = crowd.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        let crowd = self.clone();
        Some(Guest { crowd, address })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = crowd.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                crowd.remove(&self.address);
            }
        }
    }
}

fn usize_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(Semaphore::MAX_PERMITS)
}
