//! Somebody at work in the back office, with a browser that keeps its cookie.

use domain::{id::SalonSlug, role::Role};
use reqwest::{Method, StatusCode, header, redirect};
use server::office::invitation_link;

use crate::harness::House;

/// A browser with the back office of the demo's salon.
pub struct Desk<'a> {
    pub house: &'a House,
    http: reqwest::Client,
    pub cookie: Option<String>,
}

/// What a page answered.
#[derive(Debug)]
pub struct Seen {
    pub status: StatusCode,
    pub to: Option<String>,
    pub text: String,
}

pub const PASSWORD: &str = "kettle lamp river";

/// The hidden fields of the form on this page that goes to this address, or to the first one there.
pub fn hidden(text: &str, action: &str) -> Vec<(String, String)> {
    let form = text
        .split(&format!("{action}\""))
        .nth(1)
        .unwrap_or_else(|| panic!("{action}: {text}"));
    let form = form.split("</form>").next().unwrap();
    let quoted = |text: &str, name: &str| {
        let value = text.split(&format!("{name}=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    form.split("type=\"hidden\"")
        .skip(1)
        .map(|field| (quoted(field, "name"), quoted(field, "value")))
        .collect()
}

impl<'a> Desk<'a> {
    pub fn new(house: &'a House) -> Desk<'a> {
        Desk {
            house,
            http: reqwest::Client::builder()
                .redirect(redirect::Policy::none())
                .build()
                .unwrap(),
            cookie: None,
        }
    }

    /// Somebody with this role, just invited and signed in.
    pub async fn of(house: &'a House, role: Role) -> Desk<'a> {
        let mut desk = Desk::new(house);
        desk.join(role, "", "Grete Maier").await;
        desk
    }

    /// Is invited and accepts; the address says the role.
    pub async fn join(&mut self, role: Role, limit: &str, name: &str) {
        let app = &self.house.app;
        let mut write = app.store.write().await.unwrap();
        let slug = SalonSlug::parse("lumen").unwrap();
        let limit = (!limit.is_empty())
            .then(|| domain::money::Money::read(limit, domain::currency::Currency::EUR).unwrap());
        let email = format!("{}@example.com", role.name().to_lowercase());
        let link = invitation_link(app, &mut write, &slug, &email, role, limit)
            .await
            .unwrap();
        write.commit().await.unwrap();
        let path = link.split("/office/lumen/").nth(1).unwrap().to_owned();
        let seen = self.post(&path, &[("name", name), ("password", PASSWORD)]).await;
        assert_eq!(seen.status, 303, "{}", seen.text);
        assert!(self.cookie.is_some());
    }

    /// Books the first free visit of EUR 48.00 with Anna for somebody who speaks German, and answers its id. `client`: name and
    /// how to reach them.
    pub async fn book(&mut self, client: &[(&str, &str)]) -> String {
        let start = self.house.free("svc_cut", "emp_anna").await.start;
        let zone = jiff::tz::TimeZone::get("Europe/Vienna").unwrap();
        let start = jiff::Timestamp::from_millisecond(start.0).unwrap().to_zoned(zone);
        let (day, time) = (
            start.strftime("%Y-%m-%d").to_string(),
            start.strftime("%H:%M").to_string(),
        );
        let mut form = vec![
            ("language", "de"),
            ("employee", "emp_anna"),
            ("day", day.as_str()),
            ("time", time.as_str()),
            ("service", "svc_cut"),
        ];
        form.extend(client);
        let seen = self.post("visits/new", &form).await;
        assert_eq!(seen.status, 303, "{}", seen.text);
        seen.to.unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// Opens a visit's page and sends its first form for refunds.
    pub async fn give_back(&mut self, visit: &str, sum: &str, why: &str) -> Seen {
        let path = format!("{visit}/refund");
        let hidden = hidden(&self.get(visit).await.text, &path);
        self.give_back_as_shown(visit, &hidden, sum, why).await
    }

    /// Sends a form for refunds as it was shown.
    pub async fn give_back_as_shown(
        &mut self,
        visit: &str,
        hidden: &[(String, String)],
        sum: &str,
        why: &str,
    ) -> Seen {
        let mut form = vec![("sum", sum), ("why", why)];
        form.extend(hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        self.post(&format!("{visit}/refund"), &form).await
    }

    pub async fn get(&self, path: &str) -> Seen {
        let (seen, _) = self.send(Method::GET, path, "", &[]).await;
        seen
    }

    /// Sends a form, as a page of ours does.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Seen {
        let form: Vec<(&str, String)> = form.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let body = server::stripe::client::encode(&form);
        let (seen, cookie) = self
            .send(Method::POST, path, &body, &[("sec-fetch-site", "same-origin")])
            .await;
        if let Some(cookie) = cookie {
            self.cookie = (!cookie.is_empty()).then_some(cookie);
        }
        seen
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> (Seen, Option<String>) {
        let url = format!("{}/office/lumen/{path}", self.house.url);
        let mut call = self.http.request(method, url).body(body.to_owned());
        call = call.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            call = call.header(header::COOKIE, format!("office={cookie}"));
        }
        let answer = call.send().await.unwrap();
        let text = |name| {
            let value = answer.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let cookie = text(header::SET_COOKIE).map(|cookie| {
            let (_, rest) = cookie.split_once('=').unwrap();
            rest.split(';').next().unwrap().to_owned()
        });
        let seen = Seen {
            status: answer.status(),
            to: text(header::LOCATION),
            text: answer.text().await.unwrap(),
        };
        (seen, cookie)
    }
}
