//! A card that is saved for fees, and the page where a client looks after the booking.

use server::{api::booking::Booking, store::salon};

use crate::{
    harness::{Scene, scene},
    widget::VISA,
};

/// Switches "save cards for fees" on.
async fn save_cards(s: &Scene) {
    let slug = domain::id::SalonSlug::parse("lumen").unwrap();
    let mut write = s.house.app.store.write().await.unwrap();
    let record = salon::find(write.conn(), &slug).await.unwrap().unwrap();
    let mut changes = record.changes;
    changes.save_cards = true;
    salon::set_changes(write.conn(), &slug, &record.cancellation, &changes)
        .await
        .unwrap();
    write.commit().await.unwrap();
}

async fn saved(s: &Scene, booking: &Booking) -> bool {
    server::store::card::of_booking(s.house.app.store.read(), &booking.id)
        .await
        .unwrap()
        .is_some_and(|card| card.customer.is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ticks_the_box_lets_the_card_be_saved_and_who_does_not_pays_all_the_same() {
    for agrees in [true, false] {
        scene(async |s| {
            save_cards(s).await;
            let widget = s.widget().open().await;
            widget.book("svc_cut", "emp_anna").await;
            widget.card_is_ready().await;
            assert!(
                s.browser
                    .text("label:has(#consent)")
                    .await
                    .contains("at most EUR 48.00")
            );
            let ticked = s.browser.js("document.querySelector('#consent').checked").await;
            assert_eq!(ticked, false, "nobody agrees by doing nothing");
            if agrees {
                s.browser.click("#consent").await;
            }
            widget.pay_with(VISA).await;
            let booking = widget.is_paid(4800).await;
            assert_eq!(saved(s, &booking).await, agrees);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_screen_leads_to_the_page_where_it_is_cancelled() {
    scene(async |s| {
        let widget = s.widget().open().await;
        widget.book("svc_cut", "emp_anna").await;
        widget.pay_with(VISA).await;
        widget.is_paid(4800).await;
        let address = s.browser.js("document.querySelector('#manage').href").await;
        s.browser.goto(address.as_str().unwrap()).await;
        s.browser.click("a[href$='/cancel']").await;
        assert!(s.browser.text("main").await.contains("Goes back to your card"));
        s.browser.click("form button").await;
        s.browser
            .until(
                "it is cancelled",
                "document.querySelector('h1').innerText == 'Cancelled'",
            )
            .await;
        assert_eq!(s.house.count("cancelled").await, 1);
    })
    .await;
}
