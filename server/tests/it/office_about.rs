//! What a salon says of itself.

use domain::role::Role;

use crate::{desk::Desk, harness::House};

const ABOUT: [(&str, &str); 6] = [
    ("name", "Lumen & Sons"),
    ("address", "Gasse 1, 1010 Wien"),
    ("phone", "+43 1 234 56 78"),
    ("email", "Team@Example.com"),
    ("colour", "#1A2B3C"),
    ("embedders", "https://salon.example/\nhttp://127.0.0.1:8310"),
];

#[tokio::test]
async fn what_is_set_is_what_clients_and_their_browsers_see() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let seen = desk.post("about", &ABOUT).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    let page = reqwest::get(format!("{}/book/lumen", house.url)).await.unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.ends_with("frame-ancestors 'self' https://salon.example http://127.0.0.1:8310"),
        "{policy}"
    );
    let page = page.text().await.unwrap();
    assert!(
        page.contains("--salon:#1a2b3c") && page.contains("Lumen &amp; Sons"),
        "{page}"
    );
    let page = desk.get("about").await.text;
    assert!(
        page.contains("value=\"team@example.com\"") && page.contains("Europe/Vienna"),
        "{page}"
    );
    assert!(
        desk.get("log")
            .await
            .text
            .contains("changed what the salon says of itself")
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_stays() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let long = "x".repeat(121);
    for (field, text, sentence) in [
        ("name", "", "Enter the salon"),
        ("name", long.as_str(), "at most 80"),
        ("address", &long, "at most 120"),
        ("phone", "call me", "+43 1 234 56 78"),
        ("email", "nobody", "e-mail address"),
        ("colour", "red;}", "six digits"),
        ("embedders", "salon.example", "no address of a web site"),
        ("embedders", "https://salon.example/book", "without a page"),
        (
            "embedders",
            "https://a.example; script-src *",
            "no address of a web site",
        ),
    ] {
        let form: Vec<(&str, &str)> = ABOUT
            .iter()
            .map(|(name, value)| (*name, if *name == field { text } else { value }))
            .collect();
        let seen = desk.post("about", &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{field} {text}: {}",
            seen.text
        );
        assert!(seen.text.contains("Gasse 1") || field == "address");
    }
    let page = desk.get("about").await.text;
    assert!(!page.contains("Gasse 1, 1010"));
}
