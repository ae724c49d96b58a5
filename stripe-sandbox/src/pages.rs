//! The files a browser loads: Stripe.js, the frame of the Payment Element, the bank's dialog, the panel.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode, header};

use crate::faults::Js;
use crate::world::App;

const STRIPE_JS: &str = include_str!("../js/stripe.js");
const FRAME: &str = include_str!("../js/frame.html");
const CHALLENGE: &str = include_str!("../js/challenge.html");
const PANEL: &str = include_str!("../js/panel.html");

/// Serves the files; anything else is 404.
pub async fn page(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let known = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .map(str::to_owned);
    drop(request);
    let (path, known) = (path.as_str(), known.as_deref());
    match path {
        "/endive/stripe.js" | "/dahlia/stripe.js" | "/v3" | "/v3/" => stripe_js(&app, known).await,
        "/elements/payment" | "/elements/payment.html" => frame(&app, known).await,
        "/" | "/panel" => file(known, "text/html; charset=utf-8", PANEL.to_owned(), "no-cache"),
        "/healthz" => plain(StatusCode::OK, "ok"),
        _ if path.starts_with("/3ds/") => file(
            known,
            "text/html; charset=utf-8",
            CHALLENGE.to_owned(),
            "no-cache",
        ),
        _ if path.starts_with("/receipts/") => receipt(&app, path),
        _ => plain(
            StatusCode::NOT_FOUND,
            "There is nothing at this address of the sandbox.",
        ),
    }
}

async fn stripe_js(app: &App, known: Option<&str>) -> Response<Body> {
    let fault = app.lock().faults.strike_js(&[Js::Blocked, Js::Slow]);
    match fault.as_ref().and_then(|fault| fault.js) {
        Some(Js::Blocked) => {
            return plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "Stripe.js is blocked: a fault asked of the sandbox.",
            );
        }
        Some(_) => {
            tokio::time::sleep(Duration::from_millis(
                fault.and_then(|fault| fault.delay_ms).unwrap_or(5_000),
            ))
            .await
        }
        None => {}
    }
    // Asked again each time (Stripe allows a minute), so that a fault strikes the very next load.
    file(
        known,
        "text/javascript; charset=utf-8",
        squeezed(STRIPE_JS),
        "no-cache",
    )
}

async fn frame(app: &App, known: Option<&str>) -> Response<Body> {
    let fault = app.lock().faults.strike_js(&[Js::Loaderror, Js::SlowFrame]);
    match fault.as_ref().and_then(|fault| fault.js) {
        Some(Js::Loaderror) => {
            return file(
                known,
                "text/html; charset=utf-8",
                squeezed(FRAME).replace("<html", "<html data-fault=\"loaderror\""),
                "no-store",
            );
        }
        Some(_) => {
            tokio::time::sleep(Duration::from_millis(
                fault.and_then(|fault| fault.delay_ms).unwrap_or(5_000),
            ))
            .await
        }
        None => {}
    }
    file(known, "text/html; charset=utf-8", squeezed(FRAME), "no-cache")
}

/// Drops indentation and lines that are only comments: the files are written for people and travel over slow test networks.
fn squeezed(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for line in source
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("/**"))
    {
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// The receipt a payer would get, in its plainest form.
fn receipt(app: &App, path: &str) -> Response<Body> {
    let id = path.trim_start_matches("/receipts/");
    let world = app.lock();
    let charge = world.accounts.iter().find_map(|account| account.charges.get(id));
    match charge {
        Some(charge) => {
            let text = format!(
                "Receipt of the sandbox (no real money)\n\n{} {} paid with the card ending {}\nRefunded: {}\n",
                charge.amount,
                charge.currency,
                charge.card.last4(),
                charge.amount_refunded
            );
            plain(StatusCode::OK, &text)
        }
        None => plain(StatusCode::NOT_FOUND, "No such receipt."),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(Body::from(text.to_owned()))
        .unwrap_or_default()
}

fn file(known: Option<&str>, kind: &str, content: String, caching: &str) -> Response<Body> {
    let tag = format!(
        "\"{:x}\"",
        content
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte))
                .wrapping_mul(0x0100_0000_01b3))
    );
    let fresh = known == Some(tag.as_str());
    let builder = Response::builder()
        .header(header::CONTENT_TYPE, kind)
        .header(header::CACHE_CONTROL, caching)
        .header(header::ETAG, &tag)
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header("x-content-type-options", "nosniff");
    if fresh {
        builder.status(StatusCode::NOT_MODIFIED).body(Body::empty())
    } else {
        builder.body(Body::from(content))
    }
    .unwrap_or_default()
}
