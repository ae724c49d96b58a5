//! The headers of every route, exactly.

use std::collections::BTreeMap;

use reqwest::Method;
use server::http::policy;

use crate::harness::House;

const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SENTENCE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *";
const NO_POWERS: &str = "camera=(), microphone=(), geolocation=(), payment=()";

/// What an answer may carry besides what is in the table.
const FREE: [&str; 7] = [
    "date",
    "x-request-id",
    "content-length",
    "content-security-policy",
    "permissions-policy",
    "content-type",
    "connection",
];

#[tokio::test]
async fn every_route_has_these_headers_and_no_others() {
    let house = House::start().await;
    let plain = "text/plain; charset=utf-8";
    let link = format!("/pay/{}", house.visit_link.reveal());
    let get = Method::GET;
    let no_store = ("cache-control", "no-store");
    let json = &[no_store, ("vary", "accept-encoding")][..];
    let page = &[no_store, ("vary", "accept-encoding"), ("link", "*")][..];
    for (method, path, status, kind, policy, more) in [
        (&get, "/healthz", 200, plain, NOTHING, &[][..]),
        (&get, "/book/lumen", 200, "text/html; charset=utf-8", "page", page),
        (&get, &link, 200, "text/html; charset=utf-8", "page", page),
        (&get, "/pay/vl_1", 404, "text/html; charset=utf-8", "page", page),
        (&get, "/book/nobody", 404, plain, SENTENCE, &[]),
        (
            &Method::DELETE,
            "/book/lumen",
            405,
            "",
            SENTENCE,
            &[("allow", "GET,HEAD")],
        ),
        (
            &Method::POST,
            "/api/v1/status",
            400,
            "application/json",
            NOTHING,
            json,
        ),
        (&get, "/api/v1/status", 405, "", NOTHING, &[("allow", "POST")]),
        (&Method::POST, "/webhooks/stripe/lumen", 400, plain, NOTHING, &[]),
        (
            &get,
            "/webhooks/stripe/lumen",
            405,
            "",
            NOTHING,
            &[("allow", "POST")],
        ),
        (&get, "/nothing", 404, plain, NOTHING, &[]),
        (&Method::POST, "/nothing", 405, "", NOTHING, &[]),
        (
            &get,
            "/embed.js",
            200,
            "text/javascript; charset=utf-8",
            NOTHING,
            &[
                ("cache-control", "public, max-age=300"),
                ("vary", "accept-encoding"),
            ],
        ),
    ] {
        // From a page of somebody else: nothing in the answer lets that page read it.
        let call = house.http.request(method.clone(), format!("{}{path}", house.url));
        let answer = call
            .header("origin", "https://evil.example")
            .send()
            .await
            .unwrap();
        let of = |name: &str| {
            answer
                .headers()
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        };
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        assert_eq!(of("content-type"), kind, "{method} {path}");
        assert_eq!(of("x-request-id").len(), 32, "{method} {path}");
        if policy == "page" {
            let stripe_js = format!("{}/endive/stripe.js", house.sandbox.url());
            assert_eq!(of("permissions-policy"), policy::permissions(&stripe_js));
            is_exact(of("content-security-policy"), &house.sandbox.url());
        } else {
            assert_eq!(of("content-security-policy"), policy, "{method} {path}");
            assert_eq!(of("permissions-policy"), NO_POWERS, "{method} {path}");
        }
        let others = if path == "/embed.js" {
            "cross-origin"
        } else {
            "same-origin"
        };
        let mut expected = BTreeMap::from([
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", others),
        ]);
        expected.extend(more.iter().copied());
        let mut found: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in answer.headers() {
            if !FREE.contains(&name.as_str()) {
                let value = if name == "link" {
                    "*"
                } else {
                    value.to_str().unwrap()
                };
                found.insert(name.as_str(), value);
            }
        }
        assert_eq!(found, expected, "{method} {path}");
    }
}

/// The policy of a page at the sandbox: each directive, and none besides.
fn is_exact(policy: &str, sandbox: &str) {
    let (before, rest) = policy.split_once("'sha256-").unwrap();
    let (hash, after) = rest.split_once('\'').unwrap();
    assert_eq!(hash.len(), 44);
    assert_eq!(
        format!("{before}{after}"),
        format!(
            "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; \
             script-src 'self' 'wasm-unsafe-eval' {sandbox}; style-src 'self' ; img-src 'self' data: {sandbox}; \
             font-src 'self'; connect-src 'self' {sandbox}; frame-src {sandbox}; frame-ancestors *"
        )
    );
}

#[tokio::test]
async fn no_other_site_is_let_in() {
    let house = House::start().await;
    for path in [
        "/api/v1/confirm",
        "/book/lumen",
        "/webhooks/stripe/lumen",
        "/embed.js",
    ] {
        let call = house
            .http
            .request(Method::OPTIONS, format!("{}{path}", house.url));
        let call = call
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 405, "{path}");
        for name in answer.headers().keys() {
            assert!(!name.as_str().starts_with("access-control-"), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn only_the_salon_s_own_site_may_frame_it_and_nothing_in_the_page_runs_that_has_no_address() {
    let house = House::start().await;
    let mut write = house.app.store.write().await.unwrap();
    sqlx::query("UPDATE salon SET embedders = '[\"https://salon.example\",\"https://www.salon.example\"]'")
        .execute(write.conn())
        .await
        .unwrap();
    write.commit().await.unwrap();
    for path in [
        "/book/lumen".to_owned(),
        format!("/pay/{}", house.visit_link.reveal()),
    ] {
        let answer = house
            .http
            .get(format!("{}{path}", house.url))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.ends_with("; frame-ancestors 'self' https://salon.example https://www.salon.example"),
            "{policy}"
        );
        let page = answer.text().await.unwrap();
        for tag in page.split("<script").skip(1) {
            let tag = tag.split('>').next().unwrap();
            assert!(
                tag.contains(" src=") || tag.contains("type=\"application/json\""),
                "{tag}"
            );
        }
        for attribute in [" onclick=", " onload=", " onerror=", " style=", "javascript:"] {
            assert!(!page.contains(attribute), "{path}: {attribute}");
        }
        // The one style in the page is the one that the policy names.
        use sha2::Digest as _;
        let style = page
            .split("<style>")
            .nth(1)
            .unwrap()
            .split("</style>")
            .next()
            .unwrap();
        let hash = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            sha2::Sha256::digest(style),
        );
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{hash} {policy}");
    }
}
