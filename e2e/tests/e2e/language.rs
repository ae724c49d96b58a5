//! Languages: sums, dates and texts as the client writes them.

use crate::{browser::Look, harness::scene_in, widget::VISA};

#[tokio::test(flavor = "multi_thread")]
async fn german() {
    let look = Look {
        language: "de-DE",
        ..Look::default()
    };
    scene_in(look, async |s| {
        let widget = s.widget().open().await;
        assert_eq!(s.browser.js("document.documentElement.lang").await, "de");
        widget.choose("svc_cut", "emp_anna").await;
        assert_eq!(s.browser.text("#title").await, "Ihre Angaben");
        widget.fill_details().await;
        widget.step("payment").await;
        let sum = "new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' }).format(48)";
        let sum = s.browser.js(sum).await.as_str().unwrap().to_owned();
        assert!(sum.starts_with("48,00"), "{sum}");
        let button = widget.button().await;
        assert!(button.contains(&sum), "{button:?} does not hold {sum:?}");
        widget.pay_with(VISA).await;
        let booking = widget.is_paid(4800).await;
        let day = format!(
            "new Intl.DateTimeFormat('de-DE', {{ weekday: 'long', day: 'numeric', month: 'long', timeZone: 'Europe/Vienna' }}).format({})",
            booking.start.0
        );
        let day = s.browser.js(&day).await.as_str().unwrap().to_owned();
        let shown = s.browser.text("[data-step=done]").await;
        assert!(shown.contains(&day), "{shown} does not hold {day}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_server_finds_wrong_is_said_at_its_field_in_german() {
    let look = Look {
        language: "de-DE",
        ..Look::default()
    };
    scene_in(look, async |s| {
        let widget = s.widget().open().await;
        widget.choose("svc_cut", "emp_anna").await;
        widget.type_details().await;
        s.browser.fill("#email", "a@b@c.de").await;
        s.browser.click("#to-payment").await;
        s.browser
            .until("it is said", "document.querySelector('#email-error').innerText")
            .await;
        assert_eq!(
            s.browser.text("#email-error").await,
            "Geben Sie eine E-Mail-Adresse wie name@beispiel.at ein"
        );
        assert_eq!(s.browser.text("#name-error").await, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_says_the_language() {
    let look = Look {
        language: "en-GB",
        ..Look::default()
    };
    scene_in(look, async |s| {
        s.widget().open().await;
        assert_eq!(s.browser.js("document.documentElement.lang").await, "en");
        s.browser
            .goto(&format!("{}/book/lumen?lang=de", s.house.url))
            .await;
        s.widget().step("services").await;
        assert_eq!(s.browser.js("document.documentElement.lang").await, "de");
        let price = s.browser.text("[data-service=svc_cut] [data-sum]").await;
        assert!(price.starts_with("48,00"), "{price}");
    })
    .await;
}
