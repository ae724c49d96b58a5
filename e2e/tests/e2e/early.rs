//! A page that opens at the details: its form answers before the program is there, which then takes it over.

use serde_json::json;

use crate::{
    harness::{Scene, scene},
    widget::VISA,
};

/// Opens the page at the details of a free time, over a line so slow that the program is seconds away.
async fn open_slowly(s: &Scene) {
    let widget = s.widget().open().await;
    widget.choose("svc_cut", "emp_anna").await;
    let start = widget.chosen().await.start;
    // Of the page before, nothing may be left.
    s.browser.cdp("Network.enable", json!({})).await;
    s.browser
        .cdp("Network.setCacheDisabled", json!({ "cacheDisabled": true }))
        .await;
    line(s, 15_000).await;
    let address = format!(
        "{}/book/lumen?service=svc_cut&employee=emp_anna&start={}",
        s.house.url, start.0
    );
    s.browser.goto(&address).await;
    widget.step("details").await;
}

/// A line of so many bytes a second (-1: as fast as it goes).
async fn line(s: &Scene, bytes: i64) {
    let line = json!({ "offline": false, "latency": 0, "downloadThroughput": bytes, "uploadThroughput": -1 });
    s.browser.cdp("Network.emulateNetworkConditions", line).await;
}

async fn program_is_there(s: &Scene) -> bool {
    s.browser
        .js("performance.getEntriesByName('program-started').length > 0")
        .await
        == true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_before_the_program_is_carried_out_by_it() {
    scene(async |s| {
        open_slowly(s).await;
        s.browser.fill("#name", "Ada Lovelace").await;
        s.browser.fill("#email", "ada").await;
        s.browser.click("#note").await;
        let said = "document.querySelector('#email-error').innerText";
        s.browser
            .until("a field that was left says what to do", said)
            .await;
        s.browser.fill("#email", "ada@example.com").await;
        s.browser
            .until("put right, it goes at once", &format!("!({said})"))
            .await;
        s.browser.click("#to-payment").await;
        let busy = "((b) => b.disabled && !!b.querySelector('.spin'))(document.querySelector('#to-payment'))";
        assert_eq!(
            s.browser.js(busy).await,
            true,
            "the button says that it was pressed"
        );
        assert!(
            !program_is_there(s).await,
            "this test came too late to show anything"
        );
        line(s, -1).await;
        let widget = s.widget();
        widget.step("payment").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_takes_over_the_very_fields_with_focus_and_caret() {
    scene(async |s| {
        open_slowly(s).await;
        s.browser.fill("#name", "Ada Lovelace").await;
        s.browser
            .js("((e) => { window.before = e; e.setSelectionRange(3, 3); })(document.querySelector('#name'))")
            .await;
        assert!(!program_is_there(s).await, "this test came too late to show anything");
        line(s, -1).await;
        s.browser
            .until(
                "the program is there",
                "performance.getEntriesByName('program-started').length && document.querySelector('.summary [data-sum]')",
            )
            .await;
        let same = "((e) => e === window.before && e.selectionStart === 3 && e.value === 'Ada Lovelace')(document.activeElement)";
        assert_eq!(s.browser.js(same).await, true);
        s.browser.fill("#email", "ada@example.com").await;
        s.browser.click("#to-payment").await;
        s.widget().step("payment").await;
        assert_eq!(s.widget().booking().await.client, "Ada Lovelace");
    })
    .await;
}
