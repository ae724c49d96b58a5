//! Paying a fee: by a link as for a visit.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::IntoResponse as _,
};

use super::{Answer, Care};
use crate::{
    app::App,
    handlers::{
        bill::{self, Bill},
        visit,
    },
};

/// Makes the link, and goes there.
pub async fn go(State(app): State<App>, Path(token): Path<String>) -> Answer {
    let care = Care::of(app.clone(), &token).await?;
    match bill::of_link(&app, &care.booking).await? {
        Bill::Fee(fee) if fee.state.is_payable() => {}
        Bill::Fee(_) | Bill::Rest(_) | Bill::Visit => return Ok(care.back()),
    }
    let mut write = app.store.write().await?;
    let link = visit::make_link(&app, &mut write, &care.booking, visit::Wishes::default()).await?;
    write.commit().await?;
    let to = format!("/pay/{}", link.reveal());
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}
