//! The content security policy of our pages holds in a real browser, and these tests would see it broken.

use crate::harness::scene;

#[tokio::test(flavor = "multi_thread")]
async fn scripts_of_others_do_not_run_and_the_browser_says_so() {
    scene(async |s| {
        s.widget().open().await;
        for script in ["script.textContent = 'window.evil = 1'", "script.src = 'https://evil.example/x.js'"] {
            let add = format!("(() => {{ const script = document.createElement('script'); {script}; document.body.append(script); }})()");
            s.browser.js(&add).await;
        }
        assert_eq!(s.browser.js("typeof evil").await, "undefined");
        let complaints = s.browser.console().await;
        let of_policy = complaints.iter().filter(|line| line.contains("Content Security Policy"));
        assert_eq!(of_policy.count(), 2, "{complaints:#?}");
        s.browser.forget_console().await;
    })
    .await;
}
