//! The content security policy of our pages: exactly what they need (Stripe: "Content security policy").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

/// The policy of a page with this one inline style, Stripe.js at this address, and these embedders (none: any).
#[must_use]
pub fn policy(style: &str, stripe_js: &str, stripe_api: &str, embedders: &[String]) -> String {
    let style = STANDARD.encode(Sha256::digest(style.as_bytes()));
    let js = origin(stripe_js);
    let (script, frame, connect, img) = if js == "https://js.stripe.com" {
        (
            "https://js.stripe.com https://*.js.stripe.com",
            "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
            "https://api.stripe.com",
            "https://*.stripe.com",
        )
    } else {
        // The sandbox serves everything from one origin.
        (js, js, origin(stripe_api), js)
    };
    let embedders = if embedders.is_empty() {
        "*".to_owned()
    } else {
        format!("'self' {}", embedders.join(" "))
    };
    format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; \
         script-src 'self' 'wasm-unsafe-eval' {script}; style-src 'self' 'sha256-{style}'; \
         img-src 'self' data: {img}; font-src 'self'; connect-src 'self' {connect}; frame-src {frame}; \
         frame-ancestors {embedders}"
    )
}

/// The policy of a sentence in the place of a page: it is shown wherever the page would be.
pub const SENTENCE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// The policy of everything that is no page: looked at in a browser it may do nothing, and nobody may frame it.
pub const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a page may ask the browser for: to pay, itself and with Stripe's frames. Without Stripe.js (`""`) nothing.
#[must_use]
pub fn permissions(stripe_js: &str) -> String {
    let payment = match origin(stripe_js) {
        "" => String::new(),
        "https://js.stripe.com" => {
            "self \"https://js.stripe.com\" \"https://*.js.stripe.com\" \"https://hooks.stripe.com\""
                .to_owned()
        }
        sandbox => format!("self \"{sandbox}\""),
    };
    format!("camera=(), microphone=(), geolocation=(), payment=({payment})")
}

/// The scheme, host and port of an address.
#[must_use]
pub fn origin(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address
        .get(start..)
        .and_then(|rest| rest.find('/'))
        .map_or(address.len(), |at| start + at);
    address.get(..end).unwrap_or(address)
}

/// Whether a text is the scheme, host and port of a web site, and nothing else: it may stand in a policy.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .unwrap_or_default();
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
    (1..=253).contains(&host.len()) && host.bytes().all(is_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_may_stand_in_a_policy() {
        for good in [
            "https://salon.example",
            "http://127.0.0.1:8310",
            "http://[::1]:80",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "salon.example",
            "https://salon.example/book",
            "https://a.example; script-src *",
            "https://a.example b.example",
            "https://*",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_the_address_without_its_path() {
        assert_eq!(
            origin("https://js.stripe.com/endive/stripe.js"),
            "https://js.stripe.com"
        );
        assert_eq!(origin("http://127.0.0.1:8310"), "http://127.0.0.1:8310");
    }

    #[test]
    fn no_page_allows_inline_scripts_or_strangers() {
        let policy = policy(
            ":root{}",
            "https://js.stripe.com/endive/stripe.js",
            "https://api.stripe.com",
            &["https://salon.example".to_owned()],
        );
        assert!(policy.contains("frame-ancestors 'self' https://salon.example"));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert!(
            policy.contains(
                "script-src 'self' 'wasm-unsafe-eval' https://js.stripe.com https://*.js.stripe.com;"
            )
        );
    }
}
