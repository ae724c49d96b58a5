//! A whole booking without a mouse.

use thirtyfour::Key;

use crate::harness::{Scene, scene};

/// Goes on with Tab until the focus is on this.
async fn tab_to(s: &Scene, css: &str) {
    for _ in 0..80 {
        if s.browser
            .js(&format!("document.activeElement.matches(\"{css}\")"))
            .await
            == true
        {
            let ring = "((e) => { const c = getComputedStyle(e); return e.matches(':focus-visible') && (c.outlineStyle !== 'none' || c.boxShadow !== 'none'); })(document.activeElement)";
            assert!(
                css.starts_with("iframe") || s.browser.js(ring).await == true,
                "the focus on {css} is not seen"
            );
            return;
        }
        s.browser.press(Key::Tab.value().to_string()).await;
    }
    panic!("80 times Tab do not lead to {css}");
}

async fn enter(s: &Scene, css: &str) {
    s.browser.find(css).await;
    tab_to(s, css).await;
    s.browser.press(Key::Enter.value().to_string()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_booking() {
    scene(async |s| {
        let widget = s.widget().open().await;
        enter(s, "[data-service=svc_balayage]").await;
        widget.step("employee").await;
        enter(s, "[data-employee=emp_mira]").await;
        widget.step("time").await;
        s.browser.find("[data-start], #next-free-day").await;
        if s.browser.js("!document.querySelector('[data-start]')").await == true {
            enter(s, "#next-free-day").await;
        }
        s.browser.find("[data-start]").await;
        tab_to(s, "[data-start]").await;
        s.browser.press(" ").await;
        widget.step("details").await;
        tab_to(s, "#name").await;
        s.browser.press("Ada Lovelace").await;
        tab_to(s, "#email").await;
        s.browser.press("ada@example.com").await;
        // As everywhere, Enter in a field sends the form.
        s.browser.press(Key::Enter.value().to_string()).await;
        widget.step("payment").await;
        widget.card_is_ready().await;
        // Mira is paid in full; the radio buttons, if there are any, are reached too.
        let choice = s.browser.js("document.querySelector('#pay-part') !== null").await == true;
        if choice {
            tab_to(s, "#pay-part").await;
            s.browser.press(Key::Down.value().to_string()).await;
            assert_eq!(
                s.browser.js("document.querySelector('#pay-all').checked").await,
                true
            );
        }
        let sum = s
            .browser
            .js("document.querySelector('#pay [data-sum]').dataset.sum")
            .await;
        tab_to(s, "iframe[title='Secure payment input frame']").await;
        for keys in ["4242424242424242", "1234", "123"] {
            // A complete field passes the focus on by itself.
            s.browser.press(keys).await;
        }
        tab_to(s, "#pay").await;
        s.browser.press(" ").await;
        widget.is_paid(sum.as_str().unwrap().parse().unwrap()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_lead_to_their_fields() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.choose("svc_cut", "emp_anna").await;
        s.browser.fill("#email", "ada").await;
        s.browser.press(Key::Enter.value().to_string()).await;
        s.browser.until("the summary has the focus", "document.activeElement.id === 'error-summary'").await;
        for field in ["name", "email"] {
            let tied = format!(
                "((e) => e.getAttribute('aria-invalid') === 'true' && document.getElementById(e.getAttribute('aria-describedby').split(' ')[0]).innerText)(document.querySelector('#{field}'))"
            );
            assert!(!s.browser.js(&tied).await.as_str().unwrap_or_default().is_empty(), "{field} says what to do");
        }
        s.browser.press(Key::Tab.value().to_string()).await;
        s.browser.press(Key::Enter.value().to_string()).await;
        s.browser.until("the first error leads to its field", "document.activeElement.id === 'name'").await;
        s.browser.press("Ada Lovelace").await;
        s.browser.until("put right, it goes at once", "!document.querySelector('#name').hasAttribute('aria-invalid')").await;
        widget.fill_details().await;
        widget.step("payment").await;
    })
    .await;
}
