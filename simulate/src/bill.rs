//! Fees that only their client can pay: the page of the booking makes a link for it.

use axum::{Router, body::Body, http::Request};
use domain::id::{BookingId, LinkToken};
use server::{app::App, payments::manage};
use tower::ServiceExt as _;

use crate::{
    clients::Client,
    history::{Doing, End, Go, History, Who},
    place::PUBLIC_URL,
};

impl History<'_> {
    /// Somebody looks at a booking, and wants to pay its fee.
    pub async fn asks_for_bill(&mut self) -> Go {
        let rows: Vec<(String,)> = self
            .rows(
                "SELECT booking FROM fee WHERE state IN ('needs_client', 'failed', 'charging') ORDER BY rowid",
            )
            .await?;
        let at = self.dice.below(rows.len());
        let Some(id) = rows.get(at).and_then(|(id,)| BookingId::parse(id).ok()) else {
            return Ok(());
        };
        let (number, app) = self.any_process()?;
        let Some(doors) = self.processes.get(number).map(|process| process.doors.clone()) else {
            return Ok(());
        };
        self.trace
            .step(self.now(), &format!("somebody wants to pay the fee of {id}"));
        let doing: Doing = Box::pin(async move { End::Billed(link(&app, doors, &id).await) });
        self.choose_weather();
        self.start(Who::Payer, number, None, doing).await
    }

    /// A client, by chance; who came to pay a fee is more often at it.
    pub fn somebody(&mut self) -> usize {
        if self.payers > 0 && self.dice.chance(40) {
            return self.clients.len() - 1 - self.dice.below(self.payers);
        }
        self.dice.below(self.clients.len())
    }

    /// Somebody has got the link by which a fee is paid.
    pub fn payer_comes(&mut self, link: Option<LinkToken>) {
        let Some(link) = link else {
            return self.trace.then("there is nothing to pay");
        };
        let number = self.clients.len();
        self.trace.then(&format!("client {number} comes with a link"));
        self.figures.count("links by which a fee is to be paid");
        self.clients.push(Client::by_link(&mut self.dice, link, number));
        self.payers += 1;
    }
}

/// The link that the page of a booking makes; `None` when it makes none.
async fn link(app: &App, doors: Router, id: &BookingId) -> Option<LinkToken> {
    let page = manage::address(app, id).await.ok()?;
    let path = page.strip_prefix(PUBLIC_URL)?;
    let request = Request::builder()
        .method("POST")
        .uri(format!("{path}/pay"))
        .body(Body::empty());
    let answer = doors.oneshot(request.ok()?).await.ok()?;
    let to = answer.headers().get("location")?.to_str().ok()?;
    LinkToken::parse(to.strip_prefix("/pay/")?).ok()
}
