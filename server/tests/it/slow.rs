//! Who sends a byte at a time, reads none, or brings a crowd of connections holds up nobody else. Raw sockets, real time.

use std::time::{Duration, Instant};

use server::config::doors::{Doors, Patience};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{doors::with_doors, harness::House};

const LONG: Duration = Duration::from_secs(20);

/// Time limits short enough for tests.
fn hasty() -> Doors {
    Doors {
        patience: Patience {
            head: Duration::from_millis(700),
            head_of_proxy: Duration::from_millis(2_500),
            connection: Duration::from_secs(60),
            last_answer: Duration::from_millis(500),
        },
        ..Doors::default()
    }
}

async fn connect(house: &House) -> TcpStream {
    TcpStream::connect(house.url.trim_start_matches("http://"))
        .await
        .unwrap()
}

/// All that comes until the server closes the connection; a reset is an end too.
async fn read_all(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut text))
        .await
        .expect("the server never closed the connection");
    String::from_utf8_lossy(&text).into_owned()
}

/// Sends this a byte at a time, until the server will not have it.
async fn drip(mut stream: TcpStream, text: String) -> (Duration, String) {
    let begun = Instant::now();
    let (mut read, mut write) = stream.split();
    let mut got = Vec::new();
    let drip = async {
        for byte in text.bytes().cycle() {
            if write.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        _ = read.read_to_end(&mut got) => {}
        () = drip => {}
        () = tokio::time::sleep(LONG) => panic!("it could go on for ever"),
    }
    (begun.elapsed(), String::from_utf8_lossy(&got).into_owned())
}

#[tokio::test]
async fn a_head_or_a_body_that_comes_a_byte_at_a_time_is_cut_off() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, hasty()).await;
    let head = drip(
        connect(&house).await,
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx: ".to_owned(),
    );
    let silent = async {
        let begun = Instant::now();
        read_all(&mut connect(&house).await).await;
        begun.elapsed()
    };
    let body = |path: &str| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n"
        );
        let house = &house;
        async move {
            let mut stream = connect(house).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            drip(stream, " ".to_owned()).await
        }
    };
    let ((head, _), silent, (call, said), (webhook, kept)) = tokio::join!(
        head,
        silent,
        body("/api/v1/status"),
        body("/webhooks/stripe/lumen")
    );
    let between = |from, to| Duration::from_millis(from)..Duration::from_millis(to);
    assert!(between(600, 3_000).contains(&head), "{head:?}");
    assert!(between(600, 3_000).contains(&silent), "{silent:?}");
    // A body has ten seconds.
    assert!(between(9_500, 14_000).contains(&call), "{call:?}");
    assert!(between(9_500, 14_000).contains(&webhook), "{webhook:?}");
    assert!(
        said.starts_with("HTTP/1.1 400") && said.contains("took too long"),
        "{said}"
    );
    assert!(kept.starts_with("HTTP/1.1 400"), "{kept}");
}

#[tokio::test]
async fn an_idle_connection_ends_and_a_proxy_s_ends_later() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, hasty()).await;
    let idle = async |house: &House| {
        let mut stream = connect(house).await;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let begun = Instant::now();
        let said = read_all(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        begun.elapsed()
    };
    let stranger = idle(&house).await;
    assert!(stranger < Duration::from_millis(2_000), "{stranger:?}");
    let proxies = vec!["127.0.0.1".parse().unwrap()];
    let _stop = with_doors(&mut house, Doors { proxies, ..hasty() }).await;
    let proxy = idle(&house).await;
    assert!(proxy > Duration::from_millis(2_300), "{proxy:?}");
}

#[tokio::test]
async fn who_reads_nothing_is_cut_off() {
    const SENT: usize = 100_000;
    let mut house = House::start().await;
    let patience = Patience {
        connection: Duration::from_secs(1),
        ..hasty().patience
    };
    let _stop = with_doors(&mut house, Doors { patience, ..hasty() }).await;
    let mut stream = connect(&house).await;
    let requests = "GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n".repeat(SENT);
    // The server stops reading when nobody takes its answers.
    let _ = timeout(Duration::from_secs(1), stream.write_all(requests.as_bytes())).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let answers = read_all(&mut stream).await.matches("HTTP/1.1 404").count();
    assert!((1..SENT).contains(&answers), "{answers}");
    // Nobody else noticed.
    let healthy = house
        .http
        .get(format!("{}/healthz", house.url))
        .send()
        .await
        .unwrap();
    assert_eq!(healthy.status().as_u16(), 200);
}

#[tokio::test]
async fn heads_and_bodies_have_a_size() {
    let mut house = House::start().await;
    let _stop = with_doors(&mut house, Doors::default()).await;
    let ask = async |head: String| {
        let mut stream = connect(&house).await;
        let _ = stream.write_all(head.as_bytes()).await;
        read_all(&mut stream).await.chars().take(12).collect::<String>()
    };
    let get = |fields: &str| format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{fields}\r\n");
    let long = |bytes| get(&format!("cookie: {}\r\n", "x".repeat(bytes)));
    let many = |count| get(&"a: b\r\n".repeat(count));
    assert_eq!(ask(long(20_000)).await, "HTTP/1.1 200");
    assert_eq!(ask(long(100_000)).await, "HTTP/1.1 431");
    assert_eq!(ask(many(60)).await, "HTTP/1.1 200");
    assert_eq!(ask(many(70)).await, "HTTP/1.1 431");
    assert_eq!(ask("GET / HTTP/9.9\r\n\r\n".to_owned()).await, "HTTP/1.1 400");
    for (path, bytes) in [("/api/v1/status", 17_000), ("/webhooks/stripe/lumen", 600_000)] {
        let call = house.http.post(format!("{}{path}", house.url));
        let call = call
            .header("content-type", "application/json")
            .body("x".repeat(bytes));
        assert_eq!(call.send().await.unwrap().status().as_u16(), 400, "{path}");
    }
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_all_together_so_many() {
    let mut house = House::start().await;
    let doors = Doors {
        connections_of_one: 2,
        ..Doors::default()
    };
    let _stop = with_doors(&mut house, doors).await;
    let ask = async |stream: &mut TcpStream| {
        let _ = stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            .await;
        let mut answer = [0; 12];
        match timeout(Duration::from_secs(1), stream.read_exact(&mut answer)).await {
            Ok(Ok(_)) => "answered",
            Ok(Err(_)) => "closed",
            Err(_) => "waits",
        }
    };
    let (mut first, mut second) = (connect(&house).await, connect(&house).await);
    assert_eq!(
        (ask(&mut first).await, ask(&mut second).await),
        ("answered", "answered")
    );
    assert_eq!(ask(&mut connect(&house).await).await, "closed");
    drop(first);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(ask(&mut connect(&house).await).await, "answered");

    // A proxy may have all there are; who comes then waits until one is free.
    let doors = Doors {
        connections: 2,
        connections_of_one: 1,
        proxies: vec!["127.0.0.1".parse().unwrap()],
        ..Doors::default()
    };
    let _stop = with_doors(&mut house, doors).await;
    let (mut first, mut second) = (connect(&house).await, connect(&house).await);
    assert_eq!(
        (ask(&mut first).await, ask(&mut second).await),
        ("answered", "answered")
    );
    let mut third = connect(&house).await;
    assert_eq!(ask(&mut third).await, "waits");
    drop(second);
    let mut answer = [0; 12];
    timeout(Duration::from_secs(2), third.read_exact(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_is_under_way_and_takes_no_more() {
    let mut house = House::start().await;
    let stop = with_doors(&mut house, Doors::default()).await;
    let (mut idle, mut busy) = (connect(&house).await, connect(&house).await);
    let head = "POST /api/v1/status HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n";
    busy.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.send(true).unwrap();
    let begun = Instant::now();
    assert_eq!(read_all(&mut idle).await, "");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(
        TcpStream::connect(house.url.trim_start_matches("http://"))
            .await
            .is_err()
    );
    busy.write_all(b"{\"request\":{}}").await.unwrap();
    let said = read_all(&mut busy).await;
    assert!(
        said.starts_with("HTTP/1.1 401") && said.contains("connection: close"),
        "{said}"
    );
}
