//! Chromium, headless, one for each scene, with a driver of its own.

use std::{path::Path, process::Stdio, sync::Mutex, time::Duration};

use serde_json::{Value, json};
use thirtyfour::{
    Capabilities, ChromiumLikeCapabilities as _, DesiredCapabilities, Key, LoggingPrefsLogLevel, WebDriver,
    WebElement, prelude::By,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::harness::until;

/// How a browser is set up.
pub struct Look {
    pub language: &'static str,
    pub width: u32,
    pub height: u32,
}

impl Default for Look {
    fn default() -> Look {
        Look {
            language: "en-US",
            width: 1280,
            height: 1000,
        }
    }
}

/// A browser.
pub struct Browser {
    driver: WebDriver,
    chromedriver: Mutex<Option<Child>>,
    console: Mutex<Vec<String>>,
    /// The frame the widget is in, on somebody else's page.
    frame: Mutex<Option<String>>,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub async fn start(look: &Look) -> Browser {
        let (chromedriver, port) = start_driver().await;
        let profile = tempfile::tempdir().unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wishes(look, profile.path()))
            .await
            .unwrap();
        let browser = Browser {
            driver,
            chromedriver: Mutex::new(Some(chromedriver)),
            console: Mutex::default(),
            frame: Mutex::default(),
            _profile: profile,
        };
        browser.size(look.width, look.height).await;
        browser
    }

    /// The size of what is seen. A window would not get as narrow as a small phone.
    pub async fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    pub async fn cdp(&self, method: &str, params: Value) -> Value {
        self.driver.cdp().send_raw(method, params).await.unwrap()
    }

    /// Cuts the network, or gives it back.
    pub async fn offline(&self, offline: bool) {
        self.cdp("Network.enable", json!({})).await;
        let conditions =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.cdp("Network.emulateNetworkConditions", conditions).await;
    }

    pub async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    pub async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    pub async fn forward(&self) {
        self.driver.forward().await.unwrap();
    }

    pub async fn source(&self) -> String {
        self.driver.source().await.unwrap()
    }

    pub async fn picture(&self, file: &Path) {
        self.driver.screenshot(file).await.unwrap();
    }

    /// Opens another tab and goes there. Answers how to come back.
    pub async fn new_tab(&self, url: &str) -> thirtyfour::WindowHandle {
        let before = self.driver.window().await.unwrap();
        let tab = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(tab).await.unwrap();
        self.goto(url).await;
        before
    }

    pub async fn to_tab(&self, tab: &thirtyfour::WindowHandle) {
        self.driver.switch_to_window(tab.clone()).await.unwrap();
    }

    pub async fn tab(&self) -> thirtyfour::WindowHandle {
        self.driver.window().await.unwrap()
    }

    /// What a JavaScript expression is, in the present frame; null where the page is just changing.
    pub async fn js(&self, expression: &str) -> Value {
        match self
            .driver
            .execute(format!("return ({expression});"), vec![])
            .await
        {
            Ok(answer) => answer.json().clone(),
            Err(_) => Value::Null,
        }
    }

    /// Waits until what was changed is drawn and has stopped moving.
    pub async fn settled(&self) {
        self.js(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => Promise.allSettled(\
             document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < 9999).map((a) => a.finished)).then(done), 60))))",
        )
        .await;
    }

    /// Waits until a JavaScript expression is truthy.
    pub async fn until(&self, what: &str, expression: &str) {
        let asked = format!("Boolean({expression})");
        until(what, async || (self.js(&asked).await == true).then_some(())).await;
    }

    pub async fn text(&self, css: &str) -> String {
        let expression = format!("document.querySelector({}).innerText", json!(css));
        until(css, async || {
            self.js(&expression).await.as_str().map(str::to_owned)
        })
        .await
    }

    pub async fn find(&self, css: &str) -> WebElement {
        until(css, async || self.driver.find(By::Css(css)).await.ok()).await
    }

    /// Clicks as a person does: when it is there, seen, enabled and not covered.
    pub async fn click(&self, css: &str) {
        let able = format!("{css}:not(:disabled)");
        until(&format!("{css} can be clicked"), async || {
            let element = self.driver.find(By::Css(&*able)).await.ok()?;
            element.click().await.ok()
        })
        .await;
    }

    pub async fn double_click(&self, css: &str) {
        let element = self.find(&format!("{css}:not(:disabled)")).await;
        element.scroll_into_view().await.unwrap();
        self.driver
            .action_chain()
            .double_click_element(&element)
            .perform()
            .await
            .unwrap();
    }

    /// Types into an input in place of what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        until(&format!("{css} can be typed into"), async || {
            let element = self.driver.find(By::Css(css)).await.ok()?;
            element.send_keys(Key::Control + "a").await.ok()?;
            element.send_keys(text).await.ok()
        })
        .await;
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: impl AsRef<str>) {
        self.driver
            .action_chain()
            .send_keys(keys.as_ref())
            .perform()
            .await
            .unwrap();
    }

    /// Goes into a frame of the present one.
    pub async fn enter(&self, css: &str) {
        let frame = self.find(css).await;
        frame.enter_frame().await.unwrap();
    }

    /// From now on the widget is in this frame of the page.
    pub async fn widget_is_in(&self, css: &str) {
        *self.frame.lock().unwrap() = Some(css.to_owned());
        self.home().await;
    }

    /// Back to the widget's own document, from whatever frame inside or around it.
    pub async fn home(&self) {
        self.driver.enter_default_frame().await.unwrap();
        let frame = self.frame.lock().unwrap().clone();
        if let Some(css) = frame {
            self.enter(&css).await;
        }
    }

    /// To the page's own document.
    pub async fn top(&self) {
        self.driver.enter_default_frame().await.unwrap();
    }

    /// All that the browser's console has said so far.
    pub async fn console(&self) -> Vec<String> {
        let new = self.driver.browser_log().await.unwrap_or_default();
        let mut all = self.console.lock().unwrap();
        all.extend(
            new.into_iter()
                .map(|entry| format!("{} {}", entry.level, entry.message)),
        );
        all.clone()
    }

    /// Whatever the console said so far belongs to the scene.
    pub async fn forget_console(&self) {
        self.console().await;
        self.console.lock().unwrap().clear();
    }

    /// Leaves what tells why a scene failed.
    pub async fn leave_traces(&self, name: &Path) {
        let _ = self.driver.screenshot(&name.with_extension("png")).await;
        let _ = std::fs::write(
            name.with_extension("console.txt"),
            self.console().await.join("\n"),
        );
        if let Ok(source) = self.driver.source().await {
            let _ = std::fs::write(name.with_extension("html"), source);
        }
    }

    pub async fn quit(&self) {
        let _ = self.driver.clone().quit().await;
        let chromedriver = self.chromedriver.lock().unwrap().take();
        if let Some(mut chromedriver) = chromedriver {
            let _ = chromedriver.kill().await;
        }
    }
}

async fn start_driver() -> (Child, u16) {
    let named = std::env::var_os("E2E_CHROMEDRIVER").or_else(|| std::env::var_os("CHROMEDRIVER"));
    let program = named.unwrap_or_else(|| "/usr/bin/chromedriver".into());
    let mut child = Command::new(program)
        .args(["--port=0", "--allowed-ips=127.0.0.1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("chromedriver starts: E2E_CHROMEDRIVER names it");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("chromedriver says its port");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return port.trim_end_matches('.').parse().unwrap();
            }
        }
    })
    .await
    .expect("chromedriver starts in time");
    // It must be able to go on writing.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, port)
}

fn wishes(look: &Look, profile: &Path) -> Capabilities {
    let mut wishes = DesiredCapabilities::chrome();
    if let Some(chromium) = std::env::var_os("E2E_CHROMIUM") {
        wishes.set_binary(&chromium.to_string_lossy()).unwrap();
    }
    for flag in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-default-browser-check",
        "--force-color-profile=srgb",
        "--window-size=1280,1000",
        &format!("--lang={}", look.language),
        &format!("--accept-lang={}", look.language),
        &format!("--user-data-dir={}", profile.display()),
    ] {
        wishes.add_arg(flag).unwrap();
    }
    wishes.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    wishes.into()
}
