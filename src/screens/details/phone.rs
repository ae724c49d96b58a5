//! The phone number, with its country.

use super::{Errors, Field, error_line, label, wired};
use crate::{
    dom::{El, el, get, set, text},
    state::{App, store},
    texts::t,
};

/// Countries and their prefixes: those where Stripe pays out, and their neighbours.
const COUNTRIES: &str = "AE971 AR54 AT43 AU61 BA387 BE32 BG359 BR55 CA1 CH41 CY357 CZ420 DE49 DK45 EE372 ES34 FI358 FR33 GB44 \
    GE995 GI350 GR30 HK852 HR385 HU36 IE353 IL972 IN91 IS354 IT39 JP81 KR82 LI423 LT370 LU352 LV371 MD373 ME382 MK389 MT356 \
    MX52 MY60 NL31 NO47 NZ64 PL48 PT351 RO40 RS381 SE46 SG65 SI386 SK421 TH66 TR90 UA380 US1 ZA27";

/// The prefix of a country.
fn prefix(country: &str) -> Option<&'static str> {
    COUNTRIES
        .split_whitespace()
        .find_map(|one| one.strip_prefix(country))
}

/// The number, and a choice of prefixes that starts with the salon's own country.
pub fn field(app: App, errors: Errors) -> El {
    let country = app.page.salon.as_ref().map_or("", |salon| &salon.country);
    let own = prefix(country).unwrap_or("");
    let input = el("input", "")
        .attr("type", "tel")
        .attr("autocomplete", "tel-national")
        .attr("inputmode", "tel")
        .attr("maxlength", "30");
    let options = COUNTRIES
        .split_whitespace()
        .filter_map(|one| one.split_at_checked(2))
        .map(|(code, prefix)| {
            text("option", "", &[code, " +", prefix].concat())
                .attr("value", prefix)
                .attr_if("selected", (code == country).then_some(""))
        })
        .collect();
    let select = el("select", "")
        .id("phone-country")
        .attr("autocomplete", "tel-country-code")
        .attr("aria-label", &t("details.country"))
        .children(options);
    let chosen = select.raw().clone();
    let input = wired(app, errors, Field::Phone, input);
    let element = input.raw().clone();
    let input = input.on("change", move |_| {
        let prefix = get(&chosen, "value")
            .as_string()
            .unwrap_or_else(|| own.to_owned());
        app.client.update(|client| {
            client.phone = with_prefix(&client.phone, &prefix);
            set(&element, "value", &client.phone.as_str().into());
        });
        store::keep_client(app);
    });
    let again = input.raw().clone();
    let country = select.raw().clone();
    let select = select.on("change", move |_| {
        let prefix = get(&country, "value").as_string().unwrap_or_default();
        app.client.update(|client| {
            let plain = client
                .phone
                .trim_start()
                .strip_prefix('+')
                .map_or(client.phone.as_str(), |rest| {
                    rest.split_once(' ').map_or("", |(_, number)| number)
                });
            client.phone = with_prefix(plain, &prefix);
            set(&again, "value", &client.phone.as_str().into());
        });
        store::keep_client(app);
    });
    el("div", "field")
        .child(label(Field::Phone))
        .child(el("div", "phone").child(select).child(input))
        .child(error_line(errors, Field::Phone, "phone"))
}

/// A number as it is dialled from abroad: `0660 123` in Austria is `+43 660 123`.
#[must_use]
pub fn with_prefix(number: &str, prefix: &str) -> String {
    let number = number.trim();
    if number.is_empty() || prefix.is_empty() || number.starts_with('+') {
        return number.to_owned();
    }
    if let Some(abroad) = number.strip_prefix("00") {
        return ["+", abroad].concat();
    }
    // Italy keeps its zero.
    let rest = if prefix == "39" {
        number
    } else {
        number.trim_start_matches('0')
    };
    ["+", prefix, " ", rest].concat()
}
