//! Payment methods in the back office: keys, switches, the connection.

use domain::role::Role;
use serde_json::{Value, json};

use crate::{desk::Desk, harness::House};

const PK: &str = stripe_sandbox::PUBLISHABLE_KEY;
const SK: &str = stripe_sandbox::SECRET_KEY;

async fn account(house: &House, new: Value) -> Value {
    let url = format!("{}/_sandbox/accounts", house.sandbox.url());
    let answer = house.http.post(url).json(&new).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_said_at_its_field_and_what_was_typed_stays() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    for (publishable, secret, signing, at, sentence) in [
        ("", SK, "", "publishable", "The publishable key is missing"),
        (&format!(" {PK}"), SK, "", "publishable", "begins with a space"),
        (&format!("{PK}\n"), SK, "", "publishable", "ends with a space"),
        (
            "pk_test_51San dboxDemo",
            SK,
            "",
            "publishable",
            "a space or line break inside",
        ),
        (SK, SK, "", "publishable", "which nobody may see"),
        (PK, PK, "", "secret", "put it into its own field"),
        (PK, "sk_test_…", "", "secret", "has a character that no"),
        (
            PK,
            "sk_live_51SandboxDemoSalon000001",
            "",
            "secret",
            "take both from the same mode",
        ),
        (
            PK,
            "sk_test_51Unknown0000000000",
            "",
            "secret",
            "Stripe does not know this key",
        ),
        (PK, SK, "whsec", "signing", "starts with whsec_"),
        (PK, SK, "whsec_ab cdefghijklmnop", "signing", "inside"),
    ] {
        let manual = if signing.is_empty() { "auto" } else { "manual" };
        let form = [
            ("publishable", publishable),
            ("secret", secret),
            ("signing", signing),
            ("webhook", manual),
        ];
        let seen = desk.post("methods", &form).await;
        assert_eq!(seen.status, 422, "{publishable} {secret}: {}", seen.text);
        let wrong = seen
            .text
            .split(&format!("id=\"{at}-wrong\">"))
            .nth(1)
            .unwrap_or_default();
        let wrong = wrong.split('<').next().unwrap();
        assert!(wrong.contains(sentence), "{publishable} {secret}: {wrong:?}");
        // What is secret is never written back.
        assert!(!seen.text.contains(&format!("value=\"{secret}\"")) || secret == publishable);
        assert!(signing.is_empty() || !seen.text.contains(&format!("value=\"{signing}\"")));
        if at != "secret" {
            assert!(
                seen.text
                    .contains("Enter the secret key again: it is never shown"),
                "{publishable} {secret}"
            );
        }
        if at != "publishable" {
            assert!(seen.text.contains(&format!("value=\"{publishable}\"")));
        }
    }
    let typed = desk
        .post("methods/check", &[("field", "secret"), ("text", "sk_test_ 1")])
        .await;
    assert!(
        typed.text.contains("a space or line break inside"),
        "{}",
        typed.text
    );
    let typed = desk
        .post("methods/check", &[("field", "secret"), ("text", SK)])
        .await;
    assert_eq!(typed.text, "");
    // Each is right, and one is for tests.
    for (field, text, beside) in [
        ("secret", SK, "pk_live_51SandboxDemoSalon000001"),
        ("publishable", "pk_live_51SandboxDemoSalon000001", SK),
    ] {
        let form = [("field", field), ("text", text), ("beside", beside)];
        let typed = desk.post("methods/check", &form).await.text;
        assert!(typed.contains("take both from the same mode"), "{typed}");
    }
    let form = [("field", "secret"), ("text", SK), ("beside", PK)];
    assert_eq!(desk.post("methods/check", &form).await.text, "");
    assert!(!desk.get("log").await.text.contains("set up the keys"));
}

#[tokio::test]
async fn keys_are_examined_kept_and_never_shown_again() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let form = [("publishable", PK), ("secret", SK), ("webhook", "auto")];
    let seen = desk.post("methods", &form).await;
    assert!(seen.text.contains("Stripe is connected"), "{}", seen.text);
    assert!(seen.text.contains("Both keys are of this account"));
    // Once more makes no second endpoint.
    desk.post("methods", &form).await;
    let hooks = house.stripe_get("/v1/webhook_endpoints").await;
    assert_eq!(hooks["data"].as_array().unwrap().len(), 1, "{hooks}");
    assert_eq!(hooks["data"][0]["enabled_events"].as_array().unwrap().len(), 18);

    let page = desk.get("methods").await.text;
    assert!(!page.contains(SK) && page.contains("Test mode"), "{page}");
    assert!(page.contains("No event has come yet"));
    // A round trip: a payment, its event with the new secret, the money back.
    let seen = desk.post("methods/test", &[]).await.text;
    assert!(seen.contains("event about it came"), "{seen}");
    assert!(
        seen.contains("was given back") && !seen.contains("not yet"),
        "{seen}"
    );
    assert_eq!(house.kept(), 0);
    assert!(desk.get("methods").await.text.contains(">Connected<"));

    // An empty secret keeps the present one.
    let seen = desk
        .post(
            "methods",
            &[("publishable", PK), ("secret", ""), ("webhook", "auto")],
        )
        .await;
    assert_eq!(seen.status, 200, "{}", seen.text);
}

#[tokio::test]
async fn keys_of_two_accounts_of_too_few_rights_or_of_a_nameless_account_are_refused() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let nameless = account(&house, json!({"display_name": null})).await;
    let rights =
        json!({"rk_test_51Narrow00000001": ["account:read", "payment_intents:write", "setup_intents:write"]});
    account(&house, json!({"publishable_key": "pk_test_51Narrow00000001", "display_name": "Narrow", "restricted_keys": rights})).await;
    let other = account(&house, json!({"display_name": "Other"})).await;
    let key = |account: &Value, name: &str| account[name].as_str().unwrap().to_owned();
    let (other_pk, other_sk) = (key(&other, "publishable_key"), key(&other, "secret_key"));
    let (nameless_pk, nameless_sk) = (key(&nameless, "publishable_key"), key(&nameless, "secret_key"));
    for (publishable, secret, sentence) in [
        (&*other_pk, SK, "different Stripe accounts"),
        (&nameless_pk, &nameless_sk, "has no name"),
        (
            "pk_test_51Narrow00000001",
            "rk_test_51Narrow00000001",
            "Refunds: write; Disputes: write",
        ),
    ] {
        let form = [
            ("publishable", publishable),
            ("secret", secret),
            ("webhook", "auto"),
        ];
        let seen = desk.post("methods", &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{sentence}: {}",
            seen.text
        );
    }
    // All that is needed is said before; what a webhook of one's own making does not need is not asked for.
    let page = desk.get("methods").await.text;
    assert!(
        page.contains("Balance transactions: read")
            && page.contains("not needed if you set the webhook up yourself")
    );
    let enough = [
        "account:read",
        "payment_intents:write",
        "setup_intents:write",
        "customers:write",
        "refunds:write",
        "disputes:write",
        "charges:read",
        "balance_transactions:read",
        "payouts:read",
    ];
    let own = json!({"publishable_key": "pk_test_51Enough00000001", "display_name": "Enough",
        "restricted_keys": {"rk_test_51Enough00000001": enough}});
    account(&house, own).await;
    let mut form = vec![
        ("publishable", "pk_test_51Enough00000001"),
        ("secret", "rk_test_51Enough00000001"),
        ("webhook", "auto"),
    ];
    let seen = desk.post("methods", &form).await;
    assert!(
        seen.status == 422
            && seen.text.contains("lacks rights")
            && seen.text.contains("Webhook endpoints: write")
    );
    form[2] = ("webhook", "manual");
    form.push(("signing", "whsec_of_a_hook_of_ones_own"));
    let seen = desk.post("methods", &form).await;
    assert!(seen.text.contains("Stripe is connected"), "{}", seen.text);
    // Another account asks first, once there was one.
    let form = [
        ("publishable", PK),
        ("secret", SK),
        ("webhook", "auto"),
        ("another", "yes"),
    ];
    assert_eq!(desk.post("methods", &form).await.status, 200);
    let mut form = vec![
        ("publishable", &*other_pk),
        ("secret", &*other_sk),
        ("webhook", "auto"),
    ];
    let seen = desk.post("methods", &form).await;
    assert!(
        seen.text.contains("another Stripe account than before"),
        "{}",
        seen.text
    );
    form.push(("another", "yes"));
    assert!(
        desk.post("methods", &form)
            .await
            .text
            .contains("Stripe is connected")
    );
}

#[tokio::test]
async fn a_wrong_signing_secret_is_seen_in_the_light() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let form = [
        ("publishable", PK),
        ("secret", SK),
        ("webhook", "manual"),
        ("signing", "whsec_mistyped_mistyped"),
    ];
    assert_eq!(desk.post("methods", &form).await.status, 200);
    house.pass_minutes(2 * 24 * 60);
    let event = json!({"id": "evt_1", "object": "event", "type": "charge.updated", "livemode": false, "created": 1,
        "data": {"object": {"object": "charge", "id": "ch_1"}}});
    assert_eq!(house.webhook(&event).await, 400);
    let page = desk.get("methods").await.text;
    assert!(page.contains("Events are refused"), "{page}");
}

/// Also the complaint of an owner who can't find where to switch prepayment off: it is the first of the settings, and says so.
#[tokio::test]
async fn an_owner_finds_where_prepayment_is_switched_off() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    let settings = desk.get("settings").await.text;
    let first = settings.split("<li>").nth(1).unwrap();
    assert!(
        first.contains("/methods\"") && first.contains("where clients can pay online"),
        "{first}"
    );
    let page = desk.get("methods").await.text;
    assert!(page.contains(">In online booking</label>"), "{page}");
    desk.post("methods/switches", &[]).await;
    let choice = house.free("svc_cut", "emp_anna").await;
    let quoted = house.page().hold(&choice).await.unwrap();
    assert!(format!("{:?}", quoted.quote).contains("OnlineOff"), "{quoted:?}");
    assert!(house.page().open(&house.visit_link).await.is_err());
    desk.post("methods/switches", &[("online", "yes"), ("link", "yes")])
        .await;
    assert!(house.page().open(&house.visit_link).await.is_ok());
    assert!(
        desk.get("log")
            .await
            .text
            .contains("switched payment in online booking off")
    );
}
