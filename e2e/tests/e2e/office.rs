//! The owner's first day in the back office, on a phone.

use serde_json::json;

use crate::{
    access::audit,
    browser::{Browser, Look},
    harness::{Scene, folder, scene_in, until},
    widget::VISA,
};

const PHONE: Look = Look {
    language: "en-US",
    width: 390,
    height: 844,
};

/// Presses a button or a link by its words.
async fn press(browser: &Browser, words: &str) {
    let find = format!(
        "(() => {{ document.querySelectorAll('[data-pressed]').forEach((e) => e.removeAttribute('data-pressed')); \
         const all = [...document.querySelectorAll('main button, main a, nav a, summary')]; \
         const one = all.find((e) => e.checkVisibility() && e.textContent.trim() === {words:?}); \
         one?.setAttribute('data-pressed', ''); one?.scrollIntoView({{ block: 'center' }}); return Boolean(one); }})()"
    );
    browser.until(&format!("{words:?} to press"), &find).await;
    browser.click("[data-pressed]").await;
}

/// Waits for words on the page.
async fn says(browser: &Browser, words: &str) {
    let shown = format!("document.querySelector('main')?.innerText.includes({words:?})");
    browser.until(&format!("the words {words:?}"), &shown).await;
}

/// Makes the owner, on the first page.
async fn begin(browser: &Browser) {
    browser.fill("#name", "Anna Berger").await;
    browser.fill("#password", "kettle lamp river").await;
    press(browser, "Begin").await;
    says(browser, "Nothing is booked today").await;
}

/// Fills the form for a visit: a cut with Anna tonight, for EUR 48.00.
async fn describe_visit(browser: &Browser) {
    browser.fill("#name", "Berta Kraus").await;
    browser.fill("#email", "berta@example.com").await;
    browser.click("#svc_cut").await;
    let rest = "(() => { document.querySelector('#employee').value = 'emp_anna'; document.querySelector('#time').value = '20:00'; })()";
    browser.js(rest).await;
}

/// What everybody needs is there, in all widths, light and dark; and a picture to look at.
async fn picture(s: &Scene, name: &str) {
    audit(s, name).await;
    s.browser
        .cdp("Emulation.setEmulatedMedia", json!({ "features": [] }))
        .await;
    s.browser.size(PHONE.width, PHONE.height).await;
    s.browser.settled().await;
    let file = folder("screenshots").join(format!("office-{name}.png"));
    s.browser.picture(&file).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_s_first_day() {
    scene_in(PHONE, async |s| {
        let browser = &s.browser;
        browser.goto(&s.house.office).await;
        picture(s, "01-welcome").await;
        begin(browser).await;
        picture(s, "02-today").await;

        press(browser, "Settings").await;
        says(browser, "Payment methods").await;
        picture(s, "03-settings").await;
        press(browser, "Payment methods").await;
        browser
            .fill("#publishable", stripe_sandbox::PUBLISHABLE_KEY)
            .await;
        browser.fill("#secret", "sk_test_ with a space").await;
        browser
            .until(
                "what is wrong, while it is typed",
                "document.querySelector('#secret-live')?.innerText.includes('space')",
            )
            .await;
        browser.fill("#secret", stripe_sandbox::SECRET_KEY).await;
        picture(s, "04-methods").await;
        press(browser, "Save and set up").await;
        says(browser, "Both keys are of this account").await;
        picture(s, "05-connected").await;
        press(browser, "Done").await;
        press(browser, "Test the connection").await;
        says(browser, "event about it came").await;
        press(browser, "Done").await;
        says(browser, "Connected").await;
        picture(s, "06-light").await;

        press(browser, "Settings").await;
        press(browser, "Terms").await;
        browser.fill("#part_svc_cut", "half").await;
        press(browser, "Save all").await;
        says(browser, "Or write full, or a percentage").await;
        picture(s, "06b-terms-wrong").await;
        browser.fill("#part_svc_cut", "50%").await;
        press(browser, "Save all").await;
        says(browser, "Saved.").await;
        press(browser, "Try it: what would a client pay?").await;
        browser.click("#try_svc_cut").await;
        press(browser, "Show").await;
        says(browser, "Pays EUR 24.00 online").await;
        picture(s, "06c-terms").await;

        press(browser, "Visits").await;
        press(browser, "Book a visit").await;
        describe_visit(browser).await;
        picture(s, "07-book").await;
        press(browser, "Book").await;
        says(browser, "The visit is booked").await;
        let visit = browser.js("location.href").await.as_str().unwrap().to_owned();
        press(browser, "Let the client pay by link").await;
        press(browser, "Make the link").await;
        says(browser, "Not opened yet").await;
        press(browser, "Show as a QR code").await;
        picture(s, "08-link").await;
        let link = browser.js("document.querySelector('#address').value").await;

        browser.goto(link.as_str().unwrap()).await;
        let widget = s.widget();
        widget.step("visit").await;
        widget.card_is_ready().await;
        widget.pay_with(VISA).await;
        widget.is_done().await;
        // The test of the connection took 1 EUR before, and gave it back.
        assert_eq!(s.house.taken().last(), Some(&4800));

        browser.goto(&visit).await;
        says(browser, "Paid").await;
        press(browser, "Refund").await;
        browser.fill("[id$=-sum]", "24").await;
        picture(s, "09-refund").await;
        press(browser, "Give back").await;
        says(browser, "EUR 24.00 goes back").await;
        until("the refund at Stripe", async || {
            browser.reload().await;
            let shown = browser
                .js("document.querySelector('main')?.innerText.includes('Given back')")
                .await;
            (shown == true).then_some(())
        })
        .await;
        picture(s, "10-refunded").await;
        press(browser, "Visits").await;
        says(browser, "Berta Kraus").await;
        picture(s, "11-calendar").await;

        // The next day: nobody came. Half of the price is left of the payment, and stays.
        s.house.pass_minutes(24 * 60).await;
        browser.goto(&visit).await;
        press(browser, "Did not come").await;
        picture(s, "12-no-show").await;
        press(browser, "Note that nobody came").await;
        says(browser, "The client did not come").await;

        // The report says so, and agrees with Stripe's own list to the cent.
        let reports = visit.split("/visits/").next().unwrap().to_owned() + "/reports";
        browser.goto(&format!("{reports}?from=2020-01-01&by=month")).await;
        says(browser, "−EUR 24.00").await;
        let cells = "[...document.querySelectorAll('tbody td')].map((e) => e.textContent).join('|')";
        let row = browser.js(cells).await;
        let row: Vec<&str> = row.as_str().unwrap().split('|').collect();
        let (fees, left) = (row[2], row[6]);
        assert_eq!(
            [row[0], row[1], row[3], row[4], row[5]],
            ["1", "EUR 48.00", "−EUR 24.00", "EUR 24.00", "EUR 0.00"]
        );
        picture(s, "13-report").await;
        assert_ne!((fees, left), ("EUR 0.00", "EUR 24.00"), "Stripe's fee is missing");
        browser.goto(&format!("{reports}/stripe")).await;
        says(browser, "To the cent").await;
        picture(s, "14-to-the-cent").await;
    })
    .await;
}

/// A part before the visit, the rest by another link on the day.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_and_then_the_rest_by_link() {
    scene_in(PHONE, async |s| {
        let browser = &s.browser;
        browser.goto(&s.house.office).await;
        begin(browser).await;
        press(browser, "Visits").await;
        press(browser, "Book a visit").await;
        describe_visit(browser).await;
        press(browser, "Book").await;
        says(browser, "The visit is booked").await;
        let visit = browser.js("location.href").await.as_str().unwrap().to_owned();
        press(browser, "Let the client pay by link").await;
        browser.fill("#due", "20").await;
        press(browser, "Make the link").await;
        pay_link(s, &visit).await;
        assert_eq!(s.house.taken(), [2000]);

        press(browser, "Let the client pay the rest by link").await;
        browser.fill("#remind", "two").await;
        press(browser, "Make a link for EUR 28.00").await;
        says(browser, "Enter a whole number").await;
        picture(s, "15-rest-wrong").await;
        browser.fill("#remind", "2").await;
        press(browser, "Make a link for EUR 28.00").await;
        says(browser, "Not opened yet").await;
        picture(s, "16-rest").await;
        pay_link(s, &visit).await;
        assert_eq!(s.house.taken(), [2000, 2800]);
        says(browser, "EUR 48.00").await;
        picture(s, "17-rest-paid").await;
    })
    .await;
}

/// Pays by the link that the visit's page shows, and comes back.
async fn pay_link(s: &Scene, visit: &str) {
    says(&s.browser, "Not opened yet").await;
    let link = s.browser.js("document.querySelector('#address').value").await;
    s.browser.goto(link.as_str().unwrap()).await;
    let widget = s.widget();
    widget.step("visit").await;
    widget.card_is_ready().await;
    picture(s, "18-rest-to-pay").await;
    widget.pay_with(VISA).await;
    widget.is_done().await;
    s.browser.goto(visit).await;
    says(&s.browser, "Paid").await;
}

/// Every page of the settings, as it is and with something wrong on it.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_settings() {
    scene_in(PHONE, async |s| {
        let browser = &s.browser;
        browser.goto(&s.house.office).await;
        begin(browser).await;
        let open = async |page: &str| {
            browser
                .goto(&format!("{}/office/lumen/{page}", s.house.url))
                .await
        };

        open("about").await;
        picture(s, "20-about").await;
        browser.fill("#phone", "call me").await;
        press(browser, "Save").await;
        says(browser, "Enter a telephone number").await;
        picture(s, "21-about-wrong").await;

        open("catalogue").await;
        picture(s, "22-catalogue").await;
        press(browser, "Import and export").await;
        let table =
            "Service,Minutes,Price,People\nBraids,50,62.50,Anna Berger\nCut and finish,50,49,Anna Berger";
        let fill = format!("document.querySelector('#sheet').value = {table:?}");
        browser.js(&fill).await;
        press(browser, "See what it would change").await;
        says(browser, "1 new, 1 changed, 0 as before").await;
        picture(s, "23-import").await;
        press(browser, "Import").await;
        says(browser, "Imported: 1 new, 1 changed").await;
        press(browser, "Braids").await;
        says(browser, "Who does it").await;
        picture(s, "24-service").await;
        press(browser, "Take out of online booking").await;
        says(browser, "Taken out").await;
        picture(s, "25-taken-out").await;
        press(browser, "Braiding evening").await;
        says(browser, "seats free").await;
        picture(s, "26-group").await;

        open("people/new").await;
        browser.fill("#mon", "nine to five").await;
        press(browser, "Save").await;
        says(browser, "Enter hours such as").await;
        picture(s, "27-person-wrong").await;

        open("messages").await;
        browser.fill("#url", "sms.example").await;
        press(browser, "Save").await;
        says(browser, "Enter an address such as").await;
        browser.fill("#url", &format!("{}/send", s.house.url)).await;
        press(browser, "Save").await;
        says(browser, "It is shown this once").await;
        picture(s, "28-messages-secret").await;
        press(browser, "Done").await;
        picture(s, "29-messages").await;

        open("reports/stripe").await;
        picture(s, "30-agree").await;
        open("reports").await;
        picture(s, "31-reports-empty").await;
        open("disputes").await;
        picture(s, "32-disputes").await;
        open("log").await;
        says(browser, "imported a table").await;
    })
    .await;
}
