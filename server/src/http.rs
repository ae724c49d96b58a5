//! The doors: pages, files, server functions, webhooks.

pub mod api;
pub mod compress;
pub mod files;
pub mod limits;
pub mod page;
pub mod peer;
pub mod policy;
mod serve;
pub mod trace;
pub mod webhook;

use std::time::Duration;

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use self::limits::What;
pub use self::serve::serve;
use crate::{app::App, manage, office};

/// So long a request's body may take to arrive, all of it.
const WHOLE_BODY: Duration = Duration::from_secs(10);

/// All that the server answers.
pub fn router(app: App) -> Router {
    let pages = Router::new()
        .route("/book/{salon}", get(page::book))
        .route("/pay/{token}", get(page::pay))
        .merge(manage::routes())
        .route_layer(middleware::from_fn_with_state(app.clone(), limit_pages));
    Router::new()
        .route("/healthz", get(healthz))
        .route("/api/v1/{*call}", post(api::answer).fallback(api::not_a_post))
        .route("/webhooks/stripe/{salon}", post(webhook::take))
        .merge(pages)
        .merge(office::router(&app))
        .fallback(files::answer)
        .layer(middleware::from_fn_with_state(app.clone(), trace::layer))
        .with_state(app)
}

/// Pages are made afresh for each who asks, so they count like calls.
async fn limit_pages(State(app): State<App>, request: Request, next: Next) -> Response {
    let client = peer::of(request.extensions());
    match app.limits.take(What::Call, client, app.now()) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            let again = error.retry_after.unwrap_or_default().to_string();
            let told = [(header::RETRY_AFTER, again)];
            (
                StatusCode::TOO_MANY_REQUESTS,
                told,
                format!("{}\n", error.message),
            )
                .into_response()
        }
    }
}

/// Whether the server can do its work: it can reach its books.
async fn healthz(State(app): State<App>) -> Response {
    match sqlx::query("SELECT 1").execute(app.store.read()).await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "the database can't be reached");
            (StatusCode::SERVICE_UNAVAILABLE, "the database can't be reached\n").into_response()
        }
    }
}
