//! Whatever happens, no secret is where it should not be: a whole run of the binary, and then a search of all it left.

use domain::id::{BookingToken, LinkToken};
use serde_json::{Value, json};
use server::{
    api::confirm::{Next, Pay},
    app::App,
    demo,
    store::salon::Keys,
};

use crate::{
    harness::{BANK_ASKS, DECLINED, House, Page, VISA, eur, sandbox},
    search::{Heap, Secret, search},
    secrets_binary::{Binary, FORMER_MASTER, MASTER, SIGNING, SIGNING_AFTER, database_files, plant},
};

/// Calls the binary, and keeps every answer, headers and all.
struct Caller<'a> {
    house: &'a House,
    url: &'a str,
    answers: Vec<(String, Vec<u8>)>,
    client_secrets: Vec<String>,
}

impl Caller<'_> {
    async fn keep(&mut self, name: &str, call: reqwest::RequestBuilder) -> (u16, Vec<u8>) {
        let answer = call.send().await.unwrap();
        let status = answer.status().as_u16();
        let mut whole = format!("{:?}", answer.headers()).into_bytes();
        let body = answer.bytes().await.unwrap().to_vec();
        whole.extend_from_slice(&body);
        // The one answer that has a client secret in it: that is taken out here, and must be in none of the others.
        if let Ok(Value::Object(answer)) = serde_json::from_slice(&body)
            && let Some(secret) = answer.get("next").and_then(|next| next["client_secret"].as_str())
        {
            assert!(["confirm", "settle"].contains(&name), "{name}");
            let text = String::from_utf8(whole).unwrap();
            assert_eq!(text.matches(secret).count(), 1);
            whole = text.replace(secret, "").into_bytes();
            self.client_secrets.push(secret.to_owned());
        }
        self.answers.push((format!("{name} ({status})"), whole));
        (status, body)
    }

    async fn call(&mut self, name: &str, token: Option<&BookingToken>, request: &Value) -> (u16, Value) {
        let mut call = self.house.http.post(format!("{}/api/v1/{name}", self.url));
        if let Some(token) = token {
            call = call.bearer_auth(token.reveal());
        }
        let (status, body) = self.keep(name, call.json(&json!({ "request": request }))).await;
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn page(&mut self, path: &str) {
        let call = self.house.http.get(format!("{}{path}", self.url));
        self.keep("page", call).await;
    }

    async fn hold(&mut self, page: &Page<'_>, nth: usize) {
        let choice = self.house.free_nth("svc_cut", "emp_anna", nth).await;
        let client = json!({"name": "Ada Lovelace", "email": "ada@example.com", "phone": "", "note": "",
            "language": "en"});
        let request = json!({"choice": choice, "client": client});
        let (status, answer) = self.call("hold", Some(&page.token), &request).await;
        assert_eq!(status, 200, "{answer}");
    }

    async fn pay(&mut self, page: &Page<'_>, sum: i64, card: &str) -> (u16, Option<Next>) {
        let confirmation_token = self.house.card(card).await;
        let pay = Pay::Card {
            sum: eur(sum),
            confirmation_token,
        };
        let (status, answer) = self
            .call("confirm", Some(&page.token), &json!({ "pay": pay }))
            .await;
        (status, serde_json::from_value(answer["next"].clone()).ok())
    }

    async fn settle(&mut self, page: &Page<'_>) -> Option<Next> {
        let (_, answer) = self.call("settle", Some(&page.token), &json!({})).await;
        serde_json::from_value(answer["next"].clone()).ok()
    }

    async fn webhook(&mut self, event: &Value, secret: &str) -> u16 {
        use hmac::Mac as _;
        let (body, time) = (event.to_string(), self.house.app.now().0 / 1000);
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.{body}").as_bytes());
        let signature = format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()));
        let call = self
            .house
            .http
            .post(format!("{}/webhooks/stripe/lumen", self.url));
        let call = call.header("stripe-signature", signature).body(body);
        self.keep("webhook", call).await.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_run_leaves_no_secret_in_logs_answers_or_the_database() {
    let sandbox = sandbox().await;
    let mut binary = Binary::new(sandbox.url());
    // Sealed with a master key that is then replaced, with a signing secret that is too.
    let made = binary.seed("former", SIGNING);
    let made: Value = serde_json::from_str(made.lines().last().unwrap()).unwrap();
    let link = made["visit_link"].as_str().unwrap().rsplit('/').next().unwrap();
    let link = LinkToken::parse(link).unwrap();
    assert!(binary.run(&["reseal"], "key", &[]).starts_with("3 of 3 "));
    assert!(binary.run(&["reseal"], "key", &[]).starts_with("0 of 3 "));
    binary.seed("key", SIGNING_AFTER);
    binary.serve().await;

    // The harness's own server lends its pages and its catalogue; every call goes to the binary.
    let stripe = sandbox.url();
    let mut house = House::start_with(sandbox, stripe).await;
    house.url.clone_from(&binary.url);
    let url = binary.url.clone();
    let mut caller = Caller {
        house: &house,
        url: &url,
        answers: vec![],
        client_secrets: vec![],
    };
    let pages: Vec<Page<'_>> = (0..6).map(|_| house.page()).collect();
    everything_that_happens(&mut caller, &pages, &link).await;
    let (answers, client_secrets) = (caller.answers, caller.client_secrets);
    assert!(client_secrets.len() >= 2, "{}", client_secrets.len());
    // The books agree with Stripe's list or not, as far as it was read by now: what is said of it must be clean.
    let reconciled = binary
        .command(&["reconcile", "lumen"], "127.0.0.1:0", "key")
        .output()
        .unwrap();
    binary
        .said
        .lock()
        .unwrap()
        .extend([reconciled.stdout, reconciled.stderr].concat());
    // While it runs, the newest is in the `-wal` file alone.
    let mut files = database_files(binary.dir.path());
    binary.stop();
    files.extend(database_files(binary.dir.path()));
    assert!(files.len() >= 3, "{}", files.len());

    let mut secrets = vec![
        Secret::whole("secret key", stripe_sandbox::SECRET_KEY),
        Secret::of("signing secret", SIGNING_AFTER),
        Secret::of("former signing secret", SIGNING),
        Secret::of("master key", MASTER),
        Secret::of("former master key", FORMER_MASTER),
        Secret::of("link token", link.reveal()),
    ];
    secrets.extend(
        pages
            .iter()
            .map(|page| Secret::of("bearer token", page.token.reveal())),
    );
    secrets.extend(
        client_secrets
            .iter()
            .map(|secret| Secret::of("client secret", secret)),
    );
    // Every client secret there is at Stripe, also of payments that never needed one in the browser.
    let intents = house.stripe_get("/v1/payment_intents?limit=100").await;
    for intent in intents["data"].as_array().unwrap() {
        secrets.push(Secret::of(
            "client secret",
            intent["client_secret"].as_str().unwrap(),
        ));
    }
    let log = binary.said.lock().unwrap().clone();
    // It is the log of everything: Stripe was called, queries were made, and something was refused.
    let text = String::from_utf8_lossy(&log);
    for sign in [
        "TRACE",
        "sqlx::query",
        "hyper",
        "refused",
        "payment",
        "a webhook was refused",
        "kept an event",
    ] {
        assert!(text.contains(sign), "no {sign} in the log");
    }
    let heaps: Vec<Heap> = [("log".to_owned(), log)]
        .into_iter()
        .chain(answers)
        .chain(files)
        .map(|(name, bytes)| Heap { name, bytes })
        .collect();
    let publishable = [Secret::whole("publishable key", stripe_sandbox::PUBLISHABLE_KEY)];
    let public: Vec<String> = search(&heaps, &publishable);
    assert!(
        public
            .iter()
            .all(|found| found.contains(" in page") || found.contains(" in booking.db")),
        "{public:?}"
    );
    let found = search(&heaps, &secrets);
    assert!(found.is_empty(), "{found:#?}");

    // And it would have been found: the same run with one more line, one more row.
    let row = format!("{}{}", "x".repeat(5_000), stripe_sandbox::SECRET_KEY);
    plant(&binary.database(), &row).await;
    let leaky: Vec<Heap> = database_files(binary.dir.path())
        .into_iter()
        .map(|(name, bytes)| Heap { name, bytes })
        .collect();
    assert!(
        !search(&leaky, &secrets).is_empty(),
        "a secret in a row of the database is not found"
    );
}

#[tokio::test]
async fn no_type_that_holds_a_secret_shows_it_when_it_is_printed() {
    let house = House::start().await;
    let page = house.page();
    page.open(&house.visit_link).await.unwrap();
    let answer = page.pay(6450, BANK_ASKS).await.unwrap();
    let Next::ConfirmWithBank { client_secret } = &answer.next else {
        panic!("the bank does not ask")
    };
    let id = client_secret.split("_secret_").next().unwrap();
    let key = domain::key::SecretKey::parse(stripe_sandbox::SECRET_KEY).unwrap();
    let intent = house.app.stripe.intent(&key, id).await.unwrap();
    let salon = domain::id::SalonSlug::parse("lumen").unwrap();
    let salon = server::store::salon::find(house.app.store.read(), &salon)
        .await
        .unwrap()
        .unwrap();
    let master = server::vault::MasterKey::parse(MASTER)
        .unwrap()
        .with_former(FORMER_MASTER)
        .unwrap();
    let keys = Keys {
        publishable: domain::key::PublishableKey::parse(stripe_sandbox::PUBLISHABLE_KEY).unwrap(),
        secret: key.clone(),
        signing: domain::key::SigningSecret::parse(SIGNING).unwrap(),
    };
    let context = server::handlers::context::Context {
        app: App {
            master_key: master.clone(),
            ..house.app.clone()
        },
        token: Some(page.token.clone()),
        client: None,
    };
    let declined = server::stripe::StripeError::Declined {
        code: None,
        decline_code: None,
        intent: Some(Box::new(intent.clone())),
    };
    let open = server::api::link::OpenRequest {
        link: house.visit_link.clone(),
    };
    let url = server::config::DatabaseUrl::parse(format!("postgres://salon:{MASTER}@db/booking")).unwrap();
    let secrets = [
        Secret::whole("secret key", stripe_sandbox::SECRET_KEY),
        Secret::of("signing secret", SIGNING),
        Secret::of("signing secret of the salon", crate::harness::SIGNING_SECRET),
        Secret::of("master key", MASTER),
        Secret::of("former master key", FORMER_MASTER),
        Secret::of("link token", house.visit_link.reveal()),
        Secret::of("bearer token", page.token.reveal()),
        Secret::of("client secret", client_secret),
    ];
    // Revealed, each is found: the search does look for these.
    let revealed = [
        key.reveal(),
        keys.signing.reveal(),
        crate::harness::SIGNING_SECRET,
        url.reveal(),
        FORMER_MASTER,
        open.link.reveal(),
        page.token.reveal(),
        intent.client_secret().unwrap().reveal(),
    ];
    for (secret, text) in secrets.iter().zip(revealed) {
        let heap = Heap {
            name: "revealed".to_owned(),
            bytes: text.into(),
        };
        assert_eq!(search(&[heap], std::slice::from_ref(secret)).len(), 1, "{text}");
    }
    let printed = [
        format!(
            "{key:?} {keys:?} {master:?} {url:?} {salon:?} {:?}",
            demo::Wishes {
                keys: keys.clone(),
                embedders: vec![],
                gateway: None,
                history: 0,
            }
        ),
        format!("{context:#?}"),
        format!("{:?} {open:?} {:?}", page.token, house.visit_link),
        format!(
            "{intent:?} {:?} {answer:?} {declined:?} {declined}",
            intent.client_secret()
        ),
    ];
    let heaps = printed.map(|text| Heap {
        name: "a debug print".to_owned(),
        bytes: text.into(),
    });
    let found = search(&heaps, &secrets);
    assert!(found.is_empty(), "{found:#?}");
}

/// Paid, declined, confirmed with the bank, given back, told by webhooks, by link, and refused in every way.
async fn everything_that_happens(caller: &mut Caller<'_>, pages: &[Page<'_>], link: &LinkToken) {
    let [paid, declined, bank, held, visit, late] = pages else {
        panic!("six pages")
    };
    for path in ["/book/lumen", "/book/nobody", "/nothing", "/embed.js"] {
        caller.page(path).await;
    }
    for page in ["", "?lang=de"] {
        caller.page(&format!("/pay/{}{page}", link.reveal())).await;
    }
    caller.hold(paid, 0).await;
    assert_eq!(caller.pay(paid, 4800, VISA).await, (200, Some(Next::Done)));
    caller.hold(declined, 20).await;
    let (_, next) = caller.pay(declined, 4800, DECLINED).await;
    assert!(matches!(next, Some(Next::AnotherTry { .. })), "{next:?}");
    // The bank asks: the client secret is in these answers, and only there.
    caller.hold(bank, 40).await;
    let Some(Next::ConfirmWithBank { client_secret }) = caller.pay(bank, 4800, BANK_ASKS).await.1 else {
        panic!("the bank does not ask")
    };
    assert!(matches!(
        caller.settle(bank).await,
        Some(Next::ConfirmWithBank { .. })
    ));
    caller.house.bank(&client_secret, "complete").await;
    assert_eq!(caller.settle(bank).await, Some(Next::Done));
    // By link.
    let open = json!({ "link": link.reveal() });
    assert_eq!(caller.call("open-link", Some(&visit.token), &open).await.0, 200);
    assert_eq!(caller.pay(visit, 6450, VISA).await, (200, Some(Next::Done)));
    // Stripe fails in every way it can.
    caller.hold(held, 60).await;
    for fault in ["500_before", "connection_reset_after", "429"] {
        caller.house.fault("/v1/payment_intents", fault, 1).await;
    }
    caller.pay(held, 4800, VISA).await;
    caller.settle(held).await;
    // Refused: nobody's token, another's link, another sum, nonsense, a secret where a name belongs.
    let stranger = caller.house.page();
    caller.hold(late, 80).await;
    let made_up = format!("vl_{}", "7".repeat(64));
    for (name, token, request) in [
        ("status", None, json!({})),
        ("status", Some(&stranger.token), json!({})),
        (
            "confirm",
            Some(&stranger.token),
            json!({"pay": {"how": "at_salon"}}),
        ),
        ("confirm", Some(&late.token), json!({"pay": {"how": "at_salon"}})),
        (
            "confirm",
            Some(&late.token),
            json!({"pay": {"how": "card", "sum": eur(1), "confirmation_token": "c"}}),
        ),
        ("confirm", Some(&late.token), json!({"pay": "nonsense"})),
        ("open-link", Some(&late.token), json!({ "link": made_up })),
        ("open-link", Some(&late.token), json!({ "link": link.reveal() })),
        ("open-link", None, json!({ "link": link.reveal() })),
        (
            "open-link",
            Some(&late.token),
            json!({ "link": format!("{}x", link.reveal()) }),
        ),
        (
            "hold",
            Some(&late.token),
            json!({"choice": {}, "client": {"name": late.token.reveal()}}),
        ),
        ("free-times", Some(&late.token), json!({"salon": link.reveal()})),
        ("none", Some(&late.token), json!({})),
    ] {
        let (status, answer) = caller.call(name, token, &request).await;
        assert!(
            (400..500).contains(&status),
            "{name} {request}: {status} {answer}"
        );
    }
    for bearer in ["Basic x", late.token.reveal(), "Bearer "] {
        let call = caller.house.http.post(format!("{}/api/v1/status", caller.url));
        let call = call.header("authorization", bearer).json(&json!({"request": {}}));
        assert_eq!(caller.keep("status", call).await.0, 401);
    }
    for path in [
        format!("/book/{}", link.reveal()),
        format!("/pay/{}", late.token.reveal()),
        format!("/pay/{}/more", link.reveal()),
        format!("/api/v1/{}", link.reveal()),
        format!("/webhooks/stripe/{}", link.reveal()),
        format!("/{}", late.token.reveal()),
        format!("/book/lumen?start={0}&lang={0}", late.token.reveal()),
        format!("/book/lumen?start=%ff&token={}", late.token.reveal()),
    ] {
        caller.page(&path).await;
    }
    // A refund of Stripe's dashboard, and all that Stripe tells of all this: signed, twice, wrongly.
    let charge = caller.house.taken()[0]["id"].as_str().unwrap().to_owned();
    caller
        .house
        .stripe_post("/v1/refunds", &[("charge", &charge), ("amount", "100")])
        .await;
    let events = caller.house.events().await;
    let with_secret = events
        .iter()
        .filter(|event| event["data"]["object"]["client_secret"].is_string());
    assert!(
        with_secret.count() >= 4,
        "Stripe's events of intents carry client secrets"
    );
    for event in &events {
        assert_eq!(caller.webhook(event, SIGNING_AFTER).await, 200, "{event}");
        assert_eq!(caller.webhook(event, SIGNING).await, 200);
        assert_eq!(caller.webhook(event, stripe_sandbox::SECRET_KEY).await, 400);
    }
    assert_eq!(
        caller
            .webhook(&json!({"client_secret": "pi_1_secret_2"}), SIGNING)
            .await,
        400
    );
}
