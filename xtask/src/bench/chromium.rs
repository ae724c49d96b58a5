//! A headless Chromium, steered through chromedriver over plain HTTP, the DevTools protocol included.

use crate::failure::{Failure, OrSay, Outcome};
use crate::http::{Client, Content};
use crate::{run, services, stop, tools};
use serde_json::{Value, json};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// chromedriver; ended when dropped.
pub struct Driver {
    child: Child,
    port: u16,
}

/// One browser with an empty profile; closed when dropped.
pub struct Browser {
    client: Client,
    session: String,
}

impl Driver {
    pub fn start() -> Outcome<Self> {
        use std::os::unix::process::CommandExt;
        let port = services::free_port()?;
        let mut command = run::command("chromedriver");
        command.arg(format!("--port={port}")).process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let driver = Self {
            child: command.spawn().or_say("chromedriver can't be started")?,
            port,
        };
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            stop::check()?;
            let answer = Client::new(services::local(port), Duration::from_secs(5)).get("/status");
            if answer.is_ok_and(|reply| reply.status == 200) {
                return Ok(driver);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(Failure::new("chromedriver did not get ready within 20 seconds."))
    }

    /// Opens a browser: nothing cached, nothing remembered, as a first visitor has it.
    pub fn browser(&self) -> Outcome<Browser> {
        stop::check()?;
        let mut arguments = vec![
            "--headless=new",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=390,844",
        ];
        // As root Chromium runs only without its sandbox; so it is in containers.
        if run::answer(run::command("id").arg("-u")).is_some_and(|id| id == "0") {
            arguments.push("--no-sandbox");
        }
        let mut options = json!({ "args": arguments });
        if let (Some(path), Some(options)) = (tools::find("chromium"), options.as_object_mut()) {
            options.insert("binary".to_owned(), json!(path.to_string_lossy()));
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "pageLoadStrategy": "none",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "performance": "ALL" },
        }}});
        let mut client = Client::new(services::local(self.port), Duration::from_secs(60));
        let answer = ask(&mut client, "POST", "/session", &wanted)?;
        let session = answer.get("sessionId").and_then(Value::as_str).map(str::to_owned);
        let session = session.ok_or_else(|| Failure::new("chromedriver opened no browser."))?;
        Ok(Browser { client, session })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        run::end_group(&mut self.child, Duration::from_secs(5));
    }
}

impl Browser {
    /// A command of the DevTools protocol.
    pub fn devtools(&mut self, command: &str, parameters: &Value) -> Outcome<Value> {
        self.call(
            "goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        )
    }

    /// Begins to load a page; doesn't wait for it.
    pub fn open(&mut self, url: &str) -> Outcome {
        self.call("url", &json!({ "url": url })).map(drop)
    }

    /// Runs a script in the page and gives what it returns.
    pub fn script(&mut self, script: &str) -> Outcome<Value> {
        self.call("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The DevTools events since the last call.
    pub fn events(&mut self) -> Outcome<Vec<Value>> {
        let log = self.call("se/log", &json!({ "type": "performance" }))?;
        let entries = log.as_array().into_iter().flatten();
        let messages = entries.filter_map(|entry| entry.get("message")?.as_str());
        Ok(messages
            .filter_map(|text| serde_json::from_str::<Value>(text).ok()?.get("message").cloned())
            .collect())
    }

    fn call(&mut self, what: &str, parameters: &Value) -> Outcome<Value> {
        ask(
            &mut self.client,
            "POST",
            &format!("/session/{}/{what}", self.session),
            parameters,
        )
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.client.send(
            "DELETE",
            &format!("/session/{}", self.session),
            Content::default(),
        );
    }
}

fn ask(client: &mut Client, method: &str, path: &str, body: &Value) -> Outcome<Value> {
    let body = body.to_string();
    let content = Content {
        headers: &[("content-type", "application/json")],
        body: body.as_bytes(),
    };
    let reply = client
        .send(method, path, content)
        .or_say("chromedriver does not answer")?;
    let mut answer = reply.json();
    let value = answer.get_mut("value").map(Value::take).unwrap_or_default();
    if reply.status == 200 {
        return Ok(value);
    }
    let said = value
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or("no reason given");
    let first = said.lines().next().unwrap_or_default();
    Err(Failure::new(format!("chromedriver: {first}")).hint(
        "chromium and chromium-driver must be of one version: apt-get install chromium chromium-driver",
    ))
}
