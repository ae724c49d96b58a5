//! The widget's page, filled with all it needs to paint and to start.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    id::{LinkToken, SalonSlug},
    key::Mode,
    terms::Offer,
};
use serde::Deserialize;

use super::{compress, files, policy};
use crate::{
    api::{
        booking::{Booking, Payment},
        catalogue::Salon,
        error::{ApiError, Code},
        page::{PageData, StripeSetup, View},
    },
    app::App,
    handlers::{
        bill::{self, Bill},
        catalogue,
        context::Context,
        link::{self, Found},
        view::view_for,
    },
    store::salon::SalonRecord,
};

/// What the keys of texts begin with that only a booking's screens show.
const BOOKING_TEXTS: [&str; 9] = [
    "details.",
    "employee.",
    "empty.",
    "group.",
    "services.",
    "taken.",
    "terms.",
    "time.",
    "wrong.",
];

/// What an address may say of the page.
#[derive(Debug, Deserialize)]
pub struct Wishes {
    lang: Option<String>,
    /// The time that somebody chose elsewhere: the page opens at the details, with the card field as what comes next.
    start: Option<String>,
}

/// Booking: `/book/<salon>`.
pub async fn book(
    State(app): State<App>,
    Path(slug): Path<String>,
    Query(wishes): Query<Wishes>,
    headers: HeaderMap,
) -> Response {
    let context = Context {
        app,
        token: None,
        client: None,
    };
    let data = async {
        let slug = SalonSlug::parse(&slug)
            .map_err(|_| ApiError::new(Code::NotFound, "There is no salon at this address."))?;
        let (salon, catalogue) = catalogue::read(&context, &slug).await?;
        let data = page_data(&context.app, &salon, View::Book { catalogue }, true);
        Ok((Some(salon), data))
    };
    page(&context.app, &headers, wishes, data.await)
}

/// Paying a visit: `/pay/<token>`. Looking at the page does not open the link: messengers fetch addresses for a preview.
pub async fn pay(
    State(app): State<App>,
    Path(token): Path<String>,
    Query(wishes): Query<Wishes>,
    headers: HeaderMap,
) -> Response {
    let context = Context {
        app,
        token: None,
        client: None,
    };
    page(&context.app, &headers, wishes, visit(&context, &token).await)
}

async fn visit(context: &Context, token: &str) -> Result<(Option<SalonRecord>, PageData), ApiError> {
    let unknown = || {
        (
            None,
            PageData {
                view: View::NoLink {
                    expired: false,
                    salon: None,
                },
                stripe: None,
                embedders: vec![],
            },
        )
    };
    let Ok(token) = LinkToken::parse(token) else {
        return Ok(unknown());
    };
    match link::find(context, &token).await? {
        Found::Unknown => Ok(unknown()),
        Found::Expired(visit) => {
            let salon = context.salon(&visit.salon).await?;
            let view = View::NoLink {
                expired: true,
                salon: Some(salon.salon.clone()),
            };
            let data = page_data(&context.app, &salon, view, false);
            Ok((Some(salon), data))
        }
        Found::Link(_, visit) => {
            let salon = context.salon(&visit.salon).await?;
            let bill = bill::of_link(&context.app, &visit).await?;
            let cards = salon.link_payment || matches!(bill, Bill::Fee(_));
            let view = View::Visit {
                salon: salon.salon.clone(),
                // Whoever may pay it need not be the one who may cancel it.
                booking: Booking {
                    manage: None,
                    ..view_for(&context.app, &visit, &bill).await?
                },
            };
            let data = page_data(&context.app, &salon, view, cards);
            Ok((Some(salon), data))
        }
    }
}

fn page_data(app: &App, salon: &SalonRecord, view: View, cards: bool) -> PageData {
    let key = salon.publishable_key.as_ref().filter(|_| cards);
    PageData {
        view,
        stripe: key.map(|key| StripeSetup {
            key: key.reveal().to_owned(),
            js: app.stripe_js.to_string(),
            test: key.mode() == Mode::Test,
        }),
        embedders: salon.embedders.clone(),
    }
}

fn page(
    app: &App,
    headers: &HeaderMap,
    wishes: Wishes,
    data: Result<(Option<SalonRecord>, PageData), ApiError>,
) -> Response {
    let (salon, data) = match data {
        Ok(data) => data,
        Err(error) => {
            let status =
                StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return (status, format!("{}\n", error.message)).into_response();
        }
    };
    let Some(template) = files::TEMPLATE.as_ref() else {
        tracing::error!("this binary was built without the pages: build them first (cargo xtask demo does)");
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "The page is not ready. Try again later.\n",
        )
            .into_response();
    };
    let (language, texts) = language(headers, wishes.lang.as_deref());
    let texts = match data.view {
        View::Book { .. } => texts,
        _ => without_booking(&texts),
    };
    let public = salon.as_ref().map(|salon| &salon.salon);
    let style = [template.style.as_str(), &theme(public)].concat();
    let (program, form) = match data.view {
        View::Book { .. } => (
            &template.book,
            format!("<script src=\"{}\" defer></script>", template.form),
        ),
        _ => (&template.visit, String::new()),
    };
    let card = waits_for_card(&data.view, wishes.start.is_some());
    let first = first(data.stripe.as_ref().filter(|_| card), program);
    let html = fill(
        &template.html,
        public,
        &Values {
            language: &language,
            texts: &texts,
            style: &style,
            boot: &template.boot,
            form: &form,
            program,
            data: &data,
        },
    );
    let embedders = &data.embedders;
    let policy = policy::policy(&style, &app.stripe_js, app.stripe.address(), embedders);

    let mut response = Response::new(Body::empty());
    if matches!(data.view, View::NoLink { .. }) {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let out = response.headers_mut();
    out.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(first) = HeaderValue::from_str(&first) {
        out.insert(header::LINK, first);
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        out.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    compress::fill(&mut response, headers, html.into_bytes());
    response
}

/// The texts without those of screens that only a booking has.
fn without_booking(texts: &str) -> String {
    let Ok(mut all) = serde_json::from_str::<BTreeMap<&str, Cow<str>>>(texts) else {
        return texts.to_owned();
    };
    all.retain(|key, _| BOOKING_TEXTS.iter().all(|family| !key.starts_with(family)));
    serde_json::to_string(&all)
        .unwrap_or_default()
        .replace('<', "\\u003c")
}

/// Whether the card field is what the client waits for.
fn waits_for_card(view: &View, chosen: bool) -> bool {
    match view {
        View::Book { .. } => chosen,
        View::Visit { booking, .. } => {
            !matches!(booking.payment, Payment::Paid { .. }) && !matches!(booking.quote.offer, Offer::AtSalon)
        }
        View::NoLink { .. } => false,
    }
}

/// What the browser shall fetch before it has read a word of the page (the header `link`): Stripe.js for a card field, else
/// the program. Both at once would share the line.
fn first(stripe: Option<&StripeSetup>, program: &str) -> String {
    match stripe {
        Some(stripe) => format!("<{}>; rel=preload; as=script", stripe.js),
        None => format!(
            "<{program}.js>; rel=modulepreload, <{program}.wasm>; rel=preload; as=fetch; crossorigin=anonymous"
        ),
    }
}

/// What goes into the page, as it stands there.
struct Values<'a> {
    language: &'a str,
    texts: &'a str,
    style: &'a str,
    boot: &'a str,
    form: &'a str,
    program: &'a str,
    data: &'a PageData,
}

/// Fills the page's tokens in one pass.
fn fill(html: &str, salon: Option<&Salon>, values: &Values) -> String {
    let name = salon.map(|salon| escape(&salon.name)).unwrap_or_default();
    let json = serde_json::to_string(values.data)
        .unwrap_or_default()
        .replace('<', "\\u003c");
    // A page has a title, even one without a salon.
    let title = match (name.as_str(), values.language) {
        ("", "de") => "Zahlung",
        ("", _) => "Payment",
        (name, _) => name,
    };
    let mut out = String::with_capacity(html.len() + json.len() + values.texts.len() + values.style.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let found = after.split_once('%').and_then(|(token, after)| {
            let value = match token {
                "LANG" => values.language,
                "TITLE" => title,
                "SALON" => &name,
                "DATA" => &json,
                "TEXTS" => values.texts,
                "STYLE" => values.style,
                "BOOT" => values.boot,
                "FORM" => values.form,
                "PROGRAM" => values.program,
                _ => return None,
            };
            Some((value, after))
        });
        let (value, after) = found.unwrap_or(("%", after));
        out.push_str(value);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The salon's colour, if it is one: it comes from the salon's settings, and goes into a style.
fn theme(salon: Option<&Salon>) -> String {
    let colour = salon.map(|salon| salon.colour.as_str()).filter(|colour| {
        colour
            .strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    format!(":root{{--salon:{}}}", colour.unwrap_or("#3d5a6c"))
}

/// The language to use and its texts: what the address asks for, else what the browser does, else English.
fn language(headers: &HeaderMap, wish: Option<&str>) -> (String, String) {
    let accept = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let browser = accept.split(',').filter_map(|one| one.split(';').next());
    for tag in wish.into_iter().chain(browser).chain(["en"]) {
        let tag = tag.trim().to_ascii_lowercase();
        let main = tag.split('-').next().unwrap_or_default();
        let plain = (2..=3).contains(&main.len()) && main.bytes().all(|b| b.is_ascii_lowercase());
        if let Some(texts) = plain.then(|| files::texts(main)).flatten() {
            return (
                main.to_owned(),
                String::from_utf8_lossy(&texts).replace('<', "\\u003c"),
            );
        }
    }
    ("en".to_owned(), "{}".to_owned())
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_filled_and_nothing_breaks_out_of_the_page() {
        let data = PageData {
            view: View::NoLink {
                expired: false,
                salon: None,
            },
            stripe: None,
            embedders: vec!["</script><script>alert(1)</script>".to_owned()],
        };
        let html = "<html lang=\"%LANG%\"><script src=\"%BOOT%\" data-program=\"%PROGRAM%\"><style>%STYLE%</style>\n\
                    <b>%DATA%</b> 100% %TEXTS%";
        let values = Values {
            language: "de",
            texts: "{}",
            style: "a{width:100%}",
            boot: "/boot.js",
            form: "",
            program: "/visit",
            data: &data,
        };
        let page = fill(html, None, &values);
        assert!(
            page.starts_with(
                "<html lang=\"de\"><script src=\"/boot.js\" data-program=\"/visit\"><style>a{width:100%}</style>\n<b>{"
            ),
            "{page}"
        );
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.ends_with("100% {}"), "{page}");
    }

    #[test]
    fn a_visit_s_texts_are_its_own() {
        let texts = r#"{"wrong.name":"a","visit.title":"b \u003c","back":"c"}"#;
        assert_eq!(without_booking(texts), r#"{"back":"c","visit.title":"b \u003c"}"#);
    }

    #[test]
    fn the_card_field_s_script_or_the_program_comes_first_but_never_both() {
        let stripe = StripeSetup {
            key: "pk_test_1".to_owned(),
            js: "https://js.stripe.com/v/stripe.js".to_owned(),
            test: true,
        };
        assert_eq!(
            first(Some(&stripe), "/visit"),
            "<https://js.stripe.com/v/stripe.js>; rel=preload; as=script"
        );
        assert_eq!(
            first(None, "/visit"),
            "</visit.js>; rel=modulepreload, </visit.wasm>; rel=preload; as=fetch; crossorigin=anonymous"
        );
    }
}
