//! The files of the pages, carried in the binary, compressed when they were built.

use std::{borrow::Cow, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

use super::compress::accepts;

/// What `trunk build` made of the widget.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Pages;

/// The widget's texts, one file a language.
#[derive(RustEmbed)]
#[folder = "../public/texts"]
#[allow_missing = true]
struct Texts;

/// The widget's page, before anything is filled in; and its start script, which trunk writes into the page and our policy
/// wants in a file.
pub struct Template {
    /// The page.
    pub html: String,
    start: Option<(String, String)>,
}

/// The widget's page, if the binary was built with one.
pub static TEMPLATE: LazyLock<Option<Template>> = LazyLock::new(|| {
    let file = Pages::get("index.html")?;
    Some(move_start_script(&String::from_utf8_lossy(&file.data)))
});

/// The texts of a language as JSON, or `None` where there are none.
#[must_use]
pub fn texts(language: &str) -> Option<Cow<'static, [u8]>> {
    Texts::get(&format!("{language}.json")).map(|file| file.data)
}

/// Answers a request for a file.
pub async fn answer(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let name = uri.path().trim_start_matches('/');
    if let Some(Template {
        start: Some((start, script)),
        ..
    }) = TEMPLATE.as_ref()
        && start == name
    {
        return file(name, None, Cow::Borrowed(script.as_bytes()));
    }
    let sidecar = |encoding: &'static str, ending: &str| {
        accepts(&headers, encoding)
            .then(|| Pages::get(&format!("{name}{ending}")))
            .flatten()
            .map(|f| (encoding, f))
    };
    let visible =
        !name.is_empty() && name != "index.html" && !name.ends_with(".br") && !name.ends_with(".gz");
    let plain = if visible { Pages::get(name) } else { None };
    let Some(plain) = plain else {
        return (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response();
    };
    match sidecar("br", ".br").or_else(|| sidecar("gzip", ".gz")) {
        Some((encoding, small)) => file(name, Some(encoding), small.data),
        None => file(name, None, plain.data),
    }
}

fn file(name: &str, encoding: Option<&'static str>, bytes: Cow<'static, [u8]>) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // A name with a hash never means anything else. Others (embed.js) are asked about again after five minutes.
    let cache = if is_hashed(name) {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=300"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    // Any salon's page may load embed.js.
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("cross-origin"),
    );
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    *response.body_mut() = match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    response
}

/// Whether a name holds trunk's hash: `-` and 16 hexadecimal digits before an ending.
fn is_hashed(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let hash = |part: &str| {
        let part = part.split('_').next().unwrap_or_default();
        (15..=16).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit())
    };
    stem.rsplit('-').next().is_some_and(hash)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn move_start_script(html: &str) -> Template {
    const OPEN: &str = "<script type=\"module\">";
    let found = html.split_once(OPEN).and_then(|(before, rest)| {
        let (script, after) = rest.split_once("</script>")?;
        Some((before, script, after))
    });
    let Some((before, script, after)) = found else {
        return Template {
            html: html.to_owned(),
            start: None,
        };
    };
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(script.as_bytes()));
    let name = format!("start-{}.js", hash.get(..16).unwrap_or_default());
    // Not type=module in a file of its own would lose the order; `async` lets it run as soon as it is there.
    let tag = format!("<script type=\"module\" src=\"/{name}\" async></script>");
    Template {
        html: [before, &tag, after].concat(),
        start: Some((name, script.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trunk_s_inline_script_becomes_a_file() {
        let template = move_start_script("<head><script type=\"module\">go()</script></head>");
        let (name, script) = template.start.unwrap();
        assert_eq!(script, "go()");
        assert_eq!(
            template.html,
            format!("<head><script type=\"module\" src=\"/{name}\" async></script></head>")
        );
        assert!(is_hashed(&name));
        assert!(move_start_script("<p>none</p>").start.is_none());
    }

    #[test]
    fn only_a_hash_makes_a_name_immutable() {
        for (name, expected) in [
            ("booking-checkout-0123456789abcdef.js", true),
            ("booking-checkout-0123456789abcdef_bg.wasm", true),
            ("widget-0123456789abcde.css", true),
            ("embed.js", false),
            ("booking-checkout.js", false),
        ] {
            assert_eq!(is_hashed(name), expected, "{name}");
        }
    }
}
