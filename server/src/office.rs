//! The back office: pages that the server draws, for the people of a salon, on a phone first.
//!
//! Every route says which right it needs ([`routes`]), and a door before it asks for a session that has it ([`door`]). What
//! changes something is a `POST` from one of these pages, written together with a line in the log (`store/audit.rs`).

mod about;
mod cancelling;
mod catalogue;
pub mod desk;
pub(crate) mod disputes;
pub mod door;
mod elsewhere;
mod fees;
pub mod field;
pub mod files;
pub mod form;
mod home;
mod invite;
mod log;
mod messages;
mod methods;
pub mod opening;
mod own_password;
pub mod page;
pub mod password;
mod reports;
mod said;
mod sign_in;
mod staff;
mod terms;
pub mod trouble;
mod unsent;
mod visits;
pub mod when;

use axum::{
    Router, middleware,
    routing::{MethodRouter, get},
};
use domain::role::Right;

pub use self::invite::invitation_link;
use crate::app::App;

/// A page or a button behind the sign-in.
#[derive(Debug)]
pub struct Route {
    /// Its address; `{salon}` is the salon's name in addresses.
    pub path: &'static str,
    /// What one needs to be let in.
    pub right: Right,
    /// What answers.
    pub answers: MethodRouter<App>,
}

/// Everything behind the sign-in.
#[must_use]
pub fn routes() -> Vec<Route> {
    [
        about::routes(),
        cancelling::routes(),
        catalogue::routes(),
        disputes::routes(),
        elsewhere::routes(),
        fees::routes(),
        home::routes(),
        unsent::routes(),
        log::routes(),
        messages::routes(),
        methods::routes(),
        own_password::routes(),
        reports::routes(),
        sign_in::routes(),
        staff::routes(),
        terms::routes(),
        visits::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The back office, with its doors.
pub fn router(app: &App) -> Router<App> {
    let open = Router::new()
        .route("/office/files/{name}", get(files::answer))
        .route(
            "/office/{salon}/sign-in",
            get(sign_in::show).post(sign_in::sign_in),
        )
        .route(
            "/office/{salon}/welcome/{token}",
            get(invite::show).post(invite::accept),
        )
        .route_layer(middleware::from_fn_with_state(app.clone(), door::open));
    routes().into_iter().fold(open, |router, route| {
        let guard = middleware::from_fn_with_state((app.clone(), route.right), door::guarded);
        router.route(route.path, route.answers.route_layer(guard))
    })
}
