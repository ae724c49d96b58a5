//! Many requests at once, from this process to another on the same machine: how many a second, and how long each.

use super::percentile;
use crate::failure::{Failure, Outcome};
use crate::http::{Client, Content, Reply};
use crate::stop;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// No run takes longer, whatever the server does.
const LONGEST: Duration = Duration::from_secs(30);

/// One request, ready to be sent.
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What a run came to.
pub struct Measured {
    /// Answered as they should be.
    pub done: usize,
    /// Answered with "busy, again later" (429, 503).
    pub busy: usize,
    pub took: Duration,
    /// Microseconds, sorted.
    pub times: Vec<u64>,
}

impl Measured {
    pub fn per_second(&self) -> u64 {
        let done = u128::try_from(self.done).unwrap_or(0);
        let rate = done * 1_000_000 / self.took.as_micros().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }

    pub fn time(&self, of_hundred: usize) -> u64 {
        percentile(&self.times, of_hundred).unwrap_or(0)
    }

    pub fn json(&self) -> Value {
        json!({
            "requests": self.done,
            "busy": self.busy,
            "per_second": self.per_second(),
            "p50_us": self.time(50),
            "p99_us": self.time(99),
        })
    }
}

/// Sends every request once, over so many connections. Each answer must satisfy `good`. Those that ask for patience are
/// counted apart; the first that is neither ends the run, for figures of failures mean nothing.
pub fn run(
    address: SocketAddr,
    connections: usize,
    requests: &[Request],
    good: impl Fn(&Reply) -> bool + Sync,
) -> Outcome<Measured> {
    let next = AtomicUsize::new(0);
    let busy = AtomicUsize::new(0);
    let begun = Instant::now();
    let worker = || -> Outcome<Vec<u64>> {
        let mut client = Client::new(address, Duration::from_secs(10));
        let mut times = Vec::new();
        while begun.elapsed() < LONGEST && !stop::asked() {
            let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else {
                break;
            };
            let own = Instant::now();
            let reply = send(&mut client, request)?;
            if matches!(reply.status, 429 | 503) {
                busy.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            times.push(u64::try_from(own.elapsed().as_micros()).unwrap_or(u64::MAX));
            if !good(&reply) {
                next.store(requests.len(), Ordering::Relaxed);
                return Err(refused(request, &reply));
            }
        }
        Ok(times)
    };
    let results: Vec<Outcome<Vec<u64>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections).map(|_| scope.spawn(worker)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Outcome<Vec<u64>>>| {
            worker
                .join()
                .unwrap_or_else(|_| Err(Failure::new("A connection of the load came to grief.")))
        };
        workers.into_iter().map(join).collect()
    });
    let took = begun.elapsed();
    stop::check()?;
    let mut times = Vec::new();
    for result in results {
        times.extend(result?);
    }
    times.sort_unstable();
    let (done, busy) = (times.len(), busy.into_inner());
    if busy > done {
        return Err(Failure::new(format!(
            "The server was too busy for {busy} of {} requests.",
            done + busy
        )));
    }
    Ok(Measured {
        done,
        busy,
        took,
        times,
    })
}

/// One request on an open connection.
pub fn send(client: &mut Client, request: &Request) -> Outcome<Reply> {
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    client
        .send(
            request.method,
            &request.path,
            Content {
                headers: &headers,
                body: &request.body,
            },
        )
        .map_err(|error| Failure::new(format!("{} {}: {error}.", request.method, request.path)))
}

pub fn refused(request: &Request, reply: &Reply) -> Failure {
    let said: String = reply.text().chars().take(500).collect();
    Failure::new(format!(
        "{} {} was answered with {}.",
        request.method, request.path, reply.status
    ))
    .output(vec![said])
}
