//! The files of the pages, the server's health and its log, as a browser and an operator see them.

use std::{collections::BTreeSet, io::Read as _};

use serde_json::Value;

use crate::{harness::House, secrets_binary::Binary};

struct File {
    encoding: String,
    cache: String,
    length: usize,
    bytes: Vec<u8>,
}

async fn get(house: &House, path: &str, encodings: &str) -> (u16, File) {
    let call = house.http.get(format!("{}{path}", house.url));
    let answer = call.header("accept-encoding", encodings).send().await.unwrap();
    let of = |name: &str| {
        let value = answer.headers().get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    let (status, encoding, cache) = (
        answer.status().as_u16(),
        of("content-encoding"),
        of("cache-control"),
    );
    let length = of("content-length").parse().unwrap_or_default();
    let bytes = answer.bytes().await.unwrap().to_vec();
    let file = File {
        encoding,
        cache,
        length,
        bytes,
    };
    (status, file)
}

/// The scripts and programs that the pages name.
async fn named(house: &House) -> BTreeSet<String> {
    let link = format!("/pay/{}", house.visit_link.reveal());
    let mut names = BTreeSet::new();
    for page in ["/book/lumen", &link] {
        let (status, page) = get(house, page, "").await;
        assert_eq!(status, 200);
        let text = String::from_utf8(page.bytes).unwrap();
        let addresses = text
            .split(['"', '\'', '<', '>', ' '])
            .filter(|part| part.starts_with('/'));
        names.extend(addresses.filter(|part| part.ends_with(".js")).map(str::to_owned));
        // Named once, for both its parts.
        let (_, program) = text.split_once("data-program=\"").unwrap();
        let (program, _) = program.split_once('"').unwrap();
        names.extend([".js", ".wasm"].map(|ending| format!("{program}{ending}")));
    }
    names
}

#[tokio::test]
async fn a_file_whose_name_holds_its_hash_is_kept_for_ever_and_comes_compressed() {
    let house = House::start().await;
    let names = named(&house).await;
    assert!(names.len() >= 6, "{names:?}");
    for name in &names {
        let (status, plain) = get(&house, name, "identity").await;
        assert_eq!((status, plain.encoding.as_str()), (200, ""), "{name}");
        for (encodings, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("br;q=0, gzip", "gzip"),
        ] {
            let (status, small) = get(&house, name, encodings).await;
            assert_eq!((status, small.encoding.as_str()), (200, encoding), "{name}");
            assert_eq!(small.cache, "public, max-age=31536000, immutable", "{name}");
            assert_eq!(small.length, small.bytes.len(), "{name}");
            assert!(small.bytes.len() < plain.bytes.len(), "{name}");
            if encoding == "br" {
                let mut whole = Vec::new();
                let mut reader = brotli::Decompressor::new(&small.bytes[..], 4096);
                reader.read_to_end(&mut whole).unwrap();
                assert!(whole == plain.bytes, "{name}");
            } else {
                assert_eq!(small.bytes[..2], [0x1f, 0x8b], "{name}");
            }
        }
        for ending in [".br", ".gz"] {
            let (status, _) = get(&house, &format!("{name}{ending}"), "br").await;
            assert_eq!(status, 404, "{name}{ending} has no address of its own");
        }
    }
    // What is named without a hash is asked about again.
    let (status, embed) = get(&house, "/embed.js", "br").await;
    assert_eq!((status, embed.encoding.as_str()), (200, "br"));
    assert_eq!(embed.cache, "public, max-age=300");
}

#[tokio::test]
async fn without_its_books_the_server_is_not_healthy() {
    let house = House::start().await;
    assert_eq!(get(&house, "/healthz", "").await.0, 200);
    house.app.store.close().await;
    let (status, said) = get(&house, "/healthz", "").await;
    assert_eq!(status, 503);
    assert_eq!(
        String::from_utf8(said.bytes).unwrap(),
        "the database can't be reached\n"
    );
}

#[tokio::test]
async fn a_log_of_json_names_each_request_by_the_id_that_its_answer_carries() {
    let mut binary = Binary::new("http://127.0.0.1:9".to_owned()).with("BOOKING_LOG_FORMAT", "json");
    binary.serve().await;
    let answer = reqwest::get(format!("{}/nothing", binary.url)).await.unwrap();
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(id.len(), 32);
    let said = || String::from_utf8(binary.said.lock().unwrap().clone()).unwrap();
    for _ in 0..100 {
        if said()
            .lines()
            .any(|line| line.contains(&id) && line.contains("answered"))
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let said = said();
    binary.stop();
    // The last line may not be written to its end yet.
    let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines: Vec<Value> = whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let of_ours =
        |line: &&Value| line["span"]["id"] == id.as_str() && line["fields"]["message"] == "answered";
    let line = lines.iter().find(of_ours).unwrap_or_else(|| panic!("{said}"));
    assert_eq!(line["fields"]["status"], 404);
    assert_eq!(line["span"]["method"], "GET");
    assert_eq!(line["level"], "INFO");
}
