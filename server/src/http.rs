//! The doors: pages, files, server functions, webhooks.

pub mod api;
pub mod compress;
pub mod files;
pub mod page;
pub mod policy;
pub mod trace;
pub mod webhook;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::app::App;

/// All that the server answers.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/api/v1/{*call}", post(api::answer).fallback(api::not_a_post))
        .route("/webhooks/stripe/{salon}", post(webhook::take))
        .route("/book/{salon}", get(page::book))
        .route("/pay/{token}", get(page::pay))
        .fallback(files::answer)
        .layer(middleware::from_fn(trace::layer))
        .with_state(app)
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
