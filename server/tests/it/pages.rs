//! Files and headers. What is on the pages is looked at in a browser (`e2e/`).

use crate::harness::House;

#[tokio::test]
async fn what_is_not_there_is_said_in_a_sentence() {
    let house = House::start().await;
    for path in [
        "/",
        "/index.html",
        "/nothing.js",
        "/../Cargo.toml",
        "/book/nobody",
    ] {
        let answer = house
            .http
            .get(format!("{}{path}", house.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        assert!(answer.headers().contains_key("x-request-id"));
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(answer.text().await.unwrap().trim().ends_with('.'), "{path}");
    }
}
