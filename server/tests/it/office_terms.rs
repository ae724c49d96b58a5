//! Terms in the back office.

use domain::role::Role;
use server::api::catalogue::Catalogue;

use crate::{
    desk::{Desk, Seen},
    harness::House,
};

/// What the page's forms hold at first, as they would be sent.
fn rules<'a>() -> Vec<(&'a str, &'a str)> {
    vec![
        ("rule_svc_fringe", "allowed"),
        ("part_svc_fringe", "full"),
        ("rule_svc_beard", "allowed"),
        ("part_svc_beard", "full"),
        ("rule_svc_cut", "required"),
        ("part_svc_cut", "full"),
        ("rule_svc_colour", "required"),
        ("part_svc_colour", "30%"),
        ("rule_svc_balayage", "required"),
        ("part_svc_balayage", "50.00"),
        ("rule_svc_facial", "allowed"),
        ("part_svc_facial", "50%"),
        ("rule_svc_brows", "forbidden"),
        ("part_svc_brows", "full"),
        ("rule_svc_braiding", "required"),
        ("rule_emp_anna", "allowed"),
        ("rule_emp_jonas", "allowed"),
        ("rule_emp_mira", "required"),
        ("rule_emp_lea", "allowed"),
    ]
}

fn with<'a>(mut form: Vec<(&'a str, &'a str)>, field: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    for (name, value) in &mut form {
        if *name == field {
            *value = text;
        }
    }
    form
}

/// Sends a form as the page that is loaded now does.
async fn post(desk: &mut Desk<'_>, path: &str, form: &[(&str, &str)]) -> Seen {
    let page = desk.get("terms").await.text;
    let hidden = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (rules, terms) = (hidden("as_of"), hidden("terms_as_of"));
    let mut form = form.to_vec();
    form.extend([("as_of", rules.as_str()), ("terms_as_of", terms.as_str())]);
    desk.post(path, &form).await
}

async fn service(house: &House, id: &str) -> String {
    let catalogue: Catalogue = house
        .call("catalogue", None, &serde_json::json!({"salon": "lumen"}))
        .await
        .unwrap();
    let found = catalogue
        .services
        .iter()
        .find(|one| one.id.as_str() == id)
        .unwrap();
    format!("{:?} {:?}", found.rule, found.part)
}

#[tokio::test]
async fn a_rule_is_what_the_client_then_pays_by() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    for (field, text, shown) in [
        ("part_svc_cut", "25%", "Required Percent(Percent(25))"),
        ("part_svc_cut", "100 %", "Required Full"),
        ("part_svc_cut", "12,50", "minor: 1250"),
        ("rule_svc_cut", "forbidden", "Forbidden Full"),
    ] {
        let seen = post(&mut desk, "terms/rules", &with(rules(), field, text)).await;
        assert_eq!(seen.status, 303, "{}", seen.text);
        let now = service(&house, "svc_cut").await;
        assert!(now.contains(shown), "{text}: {now}");
    }
    post(&mut desk, "terms/rules", &with(rules(), "part_svc_cut", "25%")).await;
    let held = house
        .page()
        .hold(&house.free("svc_cut", "emp_anna").await)
        .await
        .unwrap();
    assert!(
        format!("{:?}", held.quote.offer).contains("minor: 1200"),
        "{held:?}"
    );
    assert!(desk.get("log").await.text.contains("changed the rules"));
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_changed() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    for (field, text, sentence) in [
        ("part_svc_cut", "48.01", "The price is EUR 48.00"),
        ("part_svc_cut", "0%", "from 1% to 100%"),
        ("part_svc_cut", "101%", "from 1% to 100%"),
        ("part_svc_cut", "0", "above zero"),
        ("part_svc_cut", "half", "such as 30%"),
        ("rule_svc_cut", "sometimes", "Choose whether"),
        ("rule_emp_anna", "", "Choose whether"),
    ] {
        let mut form = with(rules(), field, text);
        form = with(form, "part_svc_facial", "33%");
        let seen = post(&mut desk, "terms/rules", &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{field} {text}: {}",
            seen.text
        );
        assert!(seen.text.contains("value=\"33%\""), "what was typed stays");
    }
    assert!(service(&house, "svc_facial").await.contains("50"));

    let good = [
        ("clients", "all"),
        ("from_value", ""),
        ("hold", "20"),
        ("lead", "30"),
        ("step", "10"),
    ];
    for (field, text, sentence) in [
        ("hold", "4", "from 5 to 60"),
        ("hold", "61", "from 5 to 60"),
        ("hold", "", "whole number"),
        ("lead", "-1", "from 0 to 43200"),
        ("step", "25", "how often a visit can begin"),
        ("from_value", "much", "Enter a sum"),
        ("clients", "some", "Choose whom"),
    ] {
        let seen = post(&mut desk, "terms", &with(good.to_vec(), field, text)).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{field} {text}: {}",
            seen.text
        );
    }
    assert_eq!(post(&mut desk, "terms", &good).await.status, 303);
    let held = house
        .page()
        .hold(&house.free("svc_cut", "emp_anna").await)
        .await
        .unwrap();
    let state = serde_json::to_value(&held).unwrap()["state"].clone();
    let until = state["until"].as_i64().unwrap_or_else(|| panic!("{state}"));
    let left = until - held.now.0;
    assert!((19 * 60_000..=20 * 60_000).contains(&left), "{left}");
}

#[tokio::test]
async fn many_are_set_at_once_and_only_those() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let mut form = rules();
    form.extend([
        ("tick", "svc_beard"),
        ("tick", "svc_brows"),
        ("tick", "emp_lea"),
        ("bulk_rule", "required"),
        ("bulk_part", "20%"),
    ]);
    assert_eq!(post(&mut desk, "terms/bulk", &form).await.status, 303);
    for (id, rule) in [
        ("svc_beard", "Required Percent(Percent(20))"),
        ("svc_brows", "Required Percent(Percent(20))"),
        ("svc_cut", "Required Full"),
    ] {
        assert_eq!(service(&house, id).await, rule);
    }
    let dear = [
        ("tick", "svc_beard"),
        ("tick", "svc_cut"),
        ("bulk_rule", "required"),
        ("bulk_part", "20.00"),
    ];
    let seen = post(&mut desk, "terms/bulk", &dear).await;
    assert!(
        seen.status == 422 && seen.text.contains("One of them costs EUR 18.00"),
        "{}",
        seen.text
    );
    let none = post(
        &mut desk,
        "terms/bulk",
        &[
            ("tick", "svc_of_another_salon"),
            ("bulk_rule", "required"),
            ("bulk_part", ""),
        ],
    )
    .await;
    assert!(
        none.status == 422 && none.text.contains("Tick the services"),
        "{}",
        none.text
    );
}

#[tokio::test]
async fn the_preview_says_what_a_client_pays_and_why_and_the_minimum_is_warned_of() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    for (query, said) in [
        (
            "service=svc_cut&employee=emp_anna&client=new",
            "Pays EUR 48.00 online",
        ),
        ("service=svc_colour&employee=emp_anna", "Pays EUR 28.50 online"),
        (
            "service=svc_brows&employee=emp_mira",
            "Only the person asks for payment",
        ),
        (
            "service=svc_brows&employee=emp_lea",
            "Pays EUR 24.00 at the salon",
        ),
        ("service=svc_beard&employee=emp_jonas", "May pay EUR 18.00 online"),
        (
            "service=svc_cut&service=svc_balayage&employee=emp_anna",
            "Sums of several services were added up",
        ),
        ("service=svc_none", "can't be booked"),
    ] {
        let seen = desk.get(&format!("terms?{query}")).await.text;
        assert!(seen.contains(said), "{query}: {seen}");
    }
    assert!(
        desk.get("terms")
            .await
            .text
            .contains("below EUR 0.50, the least that a card can be charged")
    );
    post(
        &mut desk,
        "terms",
        &[
            ("clients", "new_or_missed"),
            ("hold", "15"),
            ("lead", "60"),
            ("step", "15"),
        ],
    )
    .await;
    let known = desk
        .get("terms?service=svc_cut&employee=emp_anna&client=known")
        .await
        .text;
    assert!(known.contains("Clients whom you know need not pay"), "{known}");
}

#[tokio::test]
async fn of_two_who_save_at_once_the_second_is_told_and_loses_nothing() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let page = desk.get("terms").await.text;
    let hidden = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (rules_as_of, terms_as_of) = (hidden("as_of"), hidden("terms_as_of"));
    let first = post(&mut desk, "terms/rules", &with(rules(), "part_svc_cut", "25%")).await;
    assert_eq!(first.status, 303, "{}", first.text);
    let mut second = with(rules(), "part_svc_colour", "35%");
    second.push(("as_of", &rules_as_of));
    let seen = desk.post("terms/rules", &second).await;
    assert!(
        seen.status == 422 && seen.text.contains("Somebody else changed these rules"),
        "{}",
        seen.text
    );
    assert!(seen.text.contains("value=\"35%\""));
    assert!(service(&house, "svc_cut").await.contains("25"));

    let mut terms = vec![
        ("clients", "all"),
        ("from_value", ""),
        ("hold", "20"),
        ("lead", "30"),
        ("step", "10"),
    ];
    assert_eq!(post(&mut desk, "terms", &terms).await.status, 303);
    terms[2] = ("hold", "25");
    terms.push(("terms_as_of", &terms_as_of));
    let seen = desk.post("terms", &terms).await;
    assert!(
        seen.status == 422 && seen.text.contains("Somebody else changed these terms"),
        "{}",
        seen.text
    );
    assert!(seen.text.contains("value=\"25\""));
}

#[tokio::test]
async fn setting_many_at_once_keeps_what_else_is_typed() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Manager).await;
    let mut form = with(rules(), "part_svc_colour", "45%");
    form.extend([
        ("tick", "svc_cut"),
        ("tick", "emp_lea"),
        ("bulk_rule", "allowed"),
        ("bulk_part", "20%"),
    ]);
    let seen = post(&mut desk, "terms/bulk", &form).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    assert!(
        service(&house, "svc_cut")
            .await
            .contains("Allowed Percent(Percent(20))")
    );
    assert!(
        service(&house, "svc_colour")
            .await
            .contains("Percent(Percent(45))")
    );
    assert!(
        service(&house, "svc_facial")
            .await
            .contains("Percent(Percent(50))")
    );
}
