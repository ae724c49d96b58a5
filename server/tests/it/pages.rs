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

/// A page's own `<meta name="referrer">` would count for more than the header.
#[tokio::test]
async fn no_page_says_otherwise_than_the_header_of_whom_it_tells_its_address() {
    let house = House::start().await;
    for path in ["/book/lumen", "/pay/none"] {
        let answer = house
            .http
            .get(format!("{}{path}", house.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer", "{path}");
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("id=\"page-data\"") && !page.contains("\"referrer\""),
            "{path}"
        );
    }
}
