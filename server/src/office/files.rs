//! The style sheet and the script of the back office, named by what is in them.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};

use crate::http::compress;

const STYLE_TEXT: &str = include_str!("office.css");
const SCRIPT_TEXT: &str = include_str!("office.js");

/// The name of the style sheet.
pub static STYLE: LazyLock<String> = LazyLock::new(|| named("style", STYLE_TEXT, "css"));
/// The name of the script.
pub static SCRIPT: LazyLock<String> = LazyLock::new(|| named("script", SCRIPT_TEXT, "js"));

/// Answers a request for one of them.
pub async fn answer(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let (kind, text) = match name.as_str() {
        name if name == *STYLE => ("text/css; charset=utf-8", STYLE_TEXT),
        name if name == *SCRIPT => ("text/javascript; charset=utf-8", SCRIPT_TEXT),
        _ => return (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response(),
    };
    let mut response = Response::default();
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    compress::fill(&mut response, &headers, text.as_bytes().to_vec());
    response
}

fn named(name: &str, text: &str, ending: &str) -> String {
    let hash = hex::encode(Sha256::digest(text.as_bytes()));
    format!("{name}-{}.{ending}", hash.get(..16).unwrap_or_default())
}
