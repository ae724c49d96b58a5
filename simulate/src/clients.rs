//! The clients: they hold, pay, double-click, reload, open links twice, and believe what they are told.

use std::pin::Pin;

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use domain::{
    id::{BookingToken, LinkToken},
    money::Money,
    terms::{Offer, Quote},
};
use serde_json::Value;
use server::{
    api::{
        booking::{Booking, Payment, State, StatusRequest, status},
        confirm::{ConfirmRequest, Confirmed, Consent, Next, Pay, SettleRequest, confirm, settle},
        error::{ApiError, Code},
        hold::{self, HoldRequest},
        link::{OpenRequest, open_link},
        quote::Choice,
    },
    app::App,
    handlers::context::{CONTEXT, Context},
};

use crate::{
    dice::Dice,
    history::{Doing, End, Go, History, Who, Wrong},
    place::Place,
};

/// A client with a page.
#[derive(Debug)]
pub struct Client {
    token: BookingToken,
    wish: Wish,
    email: String,
    quote: Option<Quote>,
    /// The sentence beside the box that lets the salon save the card for fees.
    sentence: Option<Consent>,
    /// For Stripe.js: what the bank's dialog needs.
    secret: Option<String>,
    /// The card that was entered last.
    card: Option<String>,
    waits: usize,
    /// Each time a card was paid with.
    pub entered: Vec<String>,
    /// Cards of which the client was told that nothing was taken.
    pub not_charged: Vec<String>,
}

/// What a client wants.
#[derive(Clone, Debug)]
enum Wish {
    Time(Choice),
    Visit(LinkToken),
}

/// What a client may do.
#[derive(Clone, Copy, Debug)]
enum Act {
    Hold,
    Rethink,
    Pay,
    PayAgainWithTheSame,
    PayAtSalon,
    Settle,
    Status,
    Bank,
    AnotherPage,
}

/// The cards, with weights: fine; declined; for want of money; 3-D Secure, then fine or declined; disputed, twice; an inquiry;
/// refunds pending or failing; an error in processing; declined when it is charged later, and asked for its holder each time.
const CARDS: [(usize, &str); 13] = [
    (40, "4242424242424242"),
    (9, "4000000000000002"),
    (3, "4000000000009995"),
    (22, "4000000000003220"),
    (4, "4000008400001629"),
    (3, "4000000000000259"),
    (1, "4000000000002685"),
    (1, "4000000000001976"),
    (5, "4000000000007726"),
    (5, "4000000000005126"),
    (3, "4000000000000119"),
    (5, "4000000000000341"),
    (5, "4000002760003184"),
];

impl Client {
    /// Two to four clients who get into each other's way.
    pub fn some(dice: &mut Dice, place: &Place) -> Vec<Client> {
        let kinds = 1 + dice.below(3);
        let first = dice.below(place.choices.len() + place.links.len());
        (0..2 + dice.below(3))
            .filter_map(|number| {
                let at = (first + dice.below(kinds)) % (place.choices.len() + place.links.len());
                let wish = match place.choices.get(at) {
                    Some(choice) => Wish::Time(choice.clone()),
                    None => Wish::Visit(place.links.get(at - place.choices.len())?.clone()),
                };
                Some(Client::new(dice, wish, number))
            })
            .collect()
    }

    /// One who comes by a link.
    pub fn by_link(dice: &mut Dice, link: LinkToken, number: usize) -> Client {
        Client::new(dice, Wish::Visit(link), number)
    }

    fn new(dice: &mut Dice, wish: Wish, number: usize) -> Client {
        Client {
            token: BookingToken::from_random(&dice.bytes()),
            wish,
            email: format!("client{number}@example.com"),
            quote: None,
            sentence: None,
            secret: None,
            card: None,
            waits: 0,
            entered: Vec::new(),
            not_charged: Vec::new(),
        }
    }

    fn choose(&self, dice: &mut Dice) -> Act {
        let visit = matches!(self.wish, Wish::Visit(_));
        let known = self.quote.is_some();
        let weight = |yes: bool, weight| if yes { weight } else { 0 };
        let acts = [
            (if known { 6 } else { 60 }, Act::Hold),
            (weight(known && !visit, 4), Act::Rethink),
            (if known { 40 } else { 1 }, Act::Pay),
            (weight(self.card.is_some(), 6), Act::PayAgainWithTheSame),
            (weight(!visit, 5), Act::PayAtSalon),
            (if known { 12 } else { 1 }, Act::Settle),
            (4, Act::Status),
            (weight(self.secret.is_some(), 60), Act::Bank),
            (weight(known, 3), Act::AnotherPage),
        ];
        dice.pick(&acts).unwrap_or(Act::Status)
    }

    fn sum(&self, dice: &mut Dice) -> Option<Money> {
        let due = match self.quote.as_ref()?.offer {
            Offer::AtSalon => return None,
            Offer::Choice(due) | Offer::Must(due) => due,
        };
        let wrong = Money::new(due.now.minor() + 100, due.now.currency()).ok();
        match dice.below(20) {
            0 => wrong,
            1..=4 => Some(due.all.unwrap_or(due.now)),
            _ => Some(due.now),
        }
    }
}

impl History<'_> {
    /// Some client does something.
    pub async fn client_acts(&mut self) -> Go {
        let number = self.somebody();
        let Some(client) = self.clients.get(number) else {
            return Ok(());
        };
        // Who waits for an answer rarely does anything else: a double click, a second tab, a reload.
        if client.waits > 0 && (client.waits > 2 || !self.dice.chance(15)) {
            return Ok(());
        }
        let act = client.choose(&mut self.dice);
        self.trace
            .step(self.clock.now(), &format!("client {number}: {act:?}"));
        if matches!(act, Act::Bank) {
            return self.bank(number).await;
        }
        let mut card = None;
        if matches!(act, Act::Pay) {
            card = Some(self.new_card().await?);
        }
        let (process, app) = self.any_process()?;
        let app = self.perhaps_without_stripe(app);
        let (place, dice) = (&*self.place, &mut self.dice);
        let Some(client) = self.clients.get_mut(number) else {
            return Ok(());
        };
        let context = |token: &BookingToken| Context {
            app,
            token: Some(token.clone()),
            client: None,
        };
        let doing: Doing = match act {
            Act::Hold | Act::Rethink | Act::AnotherPage => {
                if let (Act::Rethink, Wish::Time(choice)) = (act, &mut client.wish)
                    && let Some(other) = place.choices.get(dice.below(place.choices.len()))
                {
                    *choice = other.clone();
                }
                if matches!(act, Act::AnotherPage) {
                    client.token = BookingToken::from_random(&dice.bytes());
                    client.secret = None;
                }
                booking(context(&client.token), ask_for(client))
            }
            Act::Pay | Act::PayAgainWithTheSame => {
                card = card.or_else(|| client.card.clone());
                let (Some(confirmation_token), Some(sum)) = (card.clone(), client.sum(dice)) else {
                    return Ok(());
                };
                client.card = card.clone();
                client.entered.extend(card.clone());
                let request = ConfirmRequest {
                    consent: client.sentence.clone().filter(|_| dice.chance(70)),
                    pay: Pay::Card {
                        sum,
                        confirmation_token,
                    },
                };
                confirmed(context(&client.token), confirm(request))
            }
            Act::PayAtSalon => confirmed(
                context(&client.token),
                confirm(ConfirmRequest {
                    pay: Pay::AtSalon,
                    consent: None,
                }),
            ),
            Act::Settle => confirmed(context(&client.token), settle(SettleRequest {})),
            Act::Status | Act::Bank => booking(context(&client.token), Box::pin(status(StatusRequest {}))),
        };
        client.waits += 1;
        self.choose_weather();
        self.start(Who::Client(number), process, card, doing).await
    }

    /// A client hears an answer, or hears that there will be none.
    pub fn client_heard(&mut self, number: usize, card: Option<String>, end: Option<End>) {
        match &end {
            Some(End::Booking(Ok(booking))) => self.shown(number, booking),
            Some(End::Confirmed(Ok(answer))) => self.shown(number, &answer.booking),
            _ => {}
        }
        let Some(client) = self.clients.get_mut(number) else {
            return;
        };
        client.waits = client.waits.saturating_sub(1);
        // Who hung up or reloaded does not hear it.
        let deaf = self.dice.chance(8);
        let text = match end {
            None => "no answer".to_owned(),
            Some(End::Booking(Ok(booking))) => {
                if !deaf {
                    client.quote = Some(booking.quote.clone());
                    client.sentence = booking.consent.clone();
                }
                format!("{}, {:?}", state(booking.state), payment(booking.payment))
            }
            Some(End::Confirmed(Ok(answer))) => {
                let next = format!("{:?}", answer.next);
                if let Next::ConfirmWithBank { client_secret } = &answer.next {
                    let intent = client_secret.split("_secret_").next().unwrap_or_default();
                    self.secrets_told.insert(intent.to_owned());
                }
                let text = format!(
                    "{}, {:?}, {next}",
                    state(answer.booking.state),
                    payment(answer.booking.payment)
                );
                match answer.next {
                    Next::ConfirmWithBank { client_secret } if !deaf => client.secret = Some(client_secret),
                    Next::AnotherTry { .. } if !deaf => client.not_charged.extend(card),
                    _ => {}
                }
                text
            }
            Some(End::Booking(Err(error)) | End::Confirmed(Err(error))) => {
                // Each of these says in words that nothing was charged.
                let promised = [
                    Code::PaymentDown,
                    Code::HoldEnded,
                    Code::PriceChanged,
                    Code::Cancelled,
                ];
                if promised.contains(&error.code) {
                    client.not_charged.extend(card);
                }
                match error.code {
                    Code::NotYours | Code::OpenedElsewhere if !deaf => client.quote = None,
                    _ => {}
                }
                format!("{:?}: {}", error.code, error.message)
            }
            Some(other) => format!("{other:?}"),
        };
        let deaf = if deaf { " (nobody listens)" } else { "" };
        self.trace.then(&format!("client {number} hears: {text}{deaf}"));
    }

    /// The payer presses a button of the bank's dialog, or closes it.
    async fn bank(&mut self, number: usize) -> Go {
        let secret = self
            .clients
            .get_mut(number)
            .and_then(|client| client.secret.take());
        let Some(secret) = secret else { return Ok(()) };
        let intent = secret.split("_secret_").next().unwrap_or_default().to_owned();
        let shown = self.sandbox.object(&intent).unwrap_or_default();
        let Some(source) = find(&shown, "source").map(str::to_owned) else {
            self.trace.then("the bank wants nothing any more");
            return Ok(());
        };
        let outcomes = [(70, "complete"), (15, "fail"), (8, "cancel"), (7, "")];
        let outcome = self.dice.pick(&outcomes).unwrap_or_default();
        self.figures.count("dialogs of banks");
        self.trace.then(&format!("{intent} {outcome:?}"));
        if outcome.is_empty() {
            return Ok(());
        }
        let form = format!("client_secret={secret}&source={source}&outcome={outcome}");
        let key = stripe_sandbox::PUBLISHABLE_KEY;
        self.stripe("POST", "/v1/3ds2/authenticate", key, form).await?;
        self.collect_post();
        Ok(())
    }

    /// The payer enters a card.
    async fn new_card(&mut self) -> Go<String> {
        let number = self.dice.pick(&CARDS).unwrap_or("4242424242424242");
        let card = "payment_method_data[card]";
        let form = format!(
            "payment_method_data[type]=card&{card}[number]={number}&{card}[exp_month]=12&{card}[exp_year]=2034&{card}[cvc]=123"
        );
        let path = "/v1/test_helpers/confirmation_tokens";
        let made = self
            .stripe("POST", path, stripe_sandbox::SECRET_KEY, form)
            .await?;
        let id = made.get("id").and_then(Value::as_str).map(str::to_owned);
        let last = number.split_at(number.len() - 4).1;
        self.trace
            .then(&format!("card …{last}, {}", id.as_deref().unwrap_or_default()));
        id.ok_or_else(|| Wrong::Broken(format!("the sandbox takes no card: {made}")))
    }

    /// Calls the sandbox as somebody else than the server, without a gate.
    pub async fn stripe(&mut self, method: &str, path: &str, key: &str, body: String) -> Go<Value> {
        let kind = if path.starts_with("/v1/") {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", kind)
            .body(Body::from(body))
            .map_err(|error| Wrong::Trouble(error.into()))?;
        let response = self.sandbox.answer(request).await;
        let bytes = to_bytes(response.into_body(), 1 << 22).await;
        let bytes = bytes.map_err(|error| Wrong::Trouble(error.into()))?;
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Now and then Stripe can't be reached at all.
    fn perhaps_without_stripe(&mut self, app: App) -> App {
        if self.calm || !self.dice.chance(2) {
            return app;
        }
        self.figures.count("operations while Stripe could not be reached");
        self.trace.then("(Stripe can't be reached)");
        App {
            stripe: self.place.nowhere(),
            ..app
        }
    }
}

type Asking<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send>>;

fn ask_for(client: &Client) -> Asking<Booking> {
    match &client.wish {
        Wish::Time(choice) => Box::pin(hold::hold(HoldRequest {
            choice: choice.clone(),
            client: hold::Client {
                name: "Ada Lovelace".to_owned(),
                email: client.email.clone(),
                language: "en".to_owned(),
                ..hold::Client::default()
            },
            again: false,
        })),
        Wish::Visit(link) => Box::pin(open_link(OpenRequest { link: link.clone() })),
    }
}

fn booking(context: Context, asking: Asking<Booking>) -> Doing {
    let asking = CONTEXT.scope(context, asking);
    Box::pin(async move { End::Booking(asking.await.map(Box::new)) })
}

fn confirmed(
    context: Context,
    asking: impl Future<Output = Result<Confirmed, ApiError>> + Send + 'static,
) -> Doing {
    let asking = CONTEXT.scope(context, asking);
    Box::pin(async move { End::Confirmed(asking.await.map(Box::new)) })
}

fn state(state: State) -> &'static str {
    match state {
        State::Held { .. } => "held",
        State::Booked => "booked",
        State::Expired => "expired",
        State::Cancelled => "cancelled",
    }
}

fn payment(payment: Payment) -> String {
    match payment {
        Payment::Paid { sum } => format!("paid {}", sum.minor()),
        Payment::GivenBack { sum } => format!("given back {}", sum.minor()),
        other => format!("{other:?}"),
    }
}

/// The first text under this name, at any depth of `next_action`.
fn find<'a>(intent: &'a Value, name: &str) -> Option<&'a str> {
    fn within<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
        match value {
            Value::Object(map) => map
                .get(name)
                .and_then(Value::as_str)
                .or_else(|| map.values().find_map(|inner| within(inner, name))),
            Value::Array(list) => list.iter().find_map(|inner| within(inner, name)),
            _ => None,
        }
    }
    within(intent.get("next_action")?, name)
}
