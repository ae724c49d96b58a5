//! Letters by SMTP: a mail server of a few lines at the other end.

use std::sync::{Arc, Mutex};

use domain::role::Role;
use server::{app::App, mail::post::Smtp, worker};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::{
    desk::Desk,
    harness::{House, VISA},
};

/// What the mail server says to recipients, one answer after the other; the last one stays.
pub struct MailServer {
    url: String,
    /// The letters that it took.
    taken: Arc<Mutex<Vec<String>>>,
    /// How often somebody was to be written to.
    asked: Arc<Mutex<usize>>,
}

impl MailServer {
    pub async fn start(answers: &'static [&'static str]) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (taken, asked) = (Arc::new(Mutex::new(vec![])), Arc::new(Mutex::new(0)));
        let (letters, count) = (taken.clone(), asked.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (letters, count) = (letters.clone(), count.clone());
                tokio::spawn(async move {
                    let (read, mut write) = stream.into_split();
                    let mut lines = BufReader::new(read).lines();
                    write.write_all(b"220 here\r\n").await.unwrap();
                    let (mut data, mut letter) = (false, String::new());
                    while let Ok(Some(line)) = lines.next_line().await {
                        let answer = if data && line == "." {
                            data = false;
                            letters.lock().unwrap().push(std::mem::take(&mut letter));
                            "250 taken".to_owned()
                        } else if data {
                            letter.push_str(&line);
                            letter.push('\n');
                            continue;
                        } else if line.starts_with("RCPT") {
                            let mut count = count.lock().unwrap();
                            let answer = answers.get(*count).or(answers.last()).unwrap();
                            *count += 1;
                            (*answer).to_owned()
                        } else if line.starts_with("DATA") {
                            data = true;
                            "354 go on".to_owned()
                        } else if line.starts_with("QUIT") {
                            "221 bye".to_owned()
                        } else {
                            "250 fine".to_owned()
                        };
                        write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
                    }
                });
            }
        });
        MailServer { url, taken, asked }
    }

    pub fn app(&self, house: &House) -> App {
        App {
            smtp: Some(Smtp::parse(&self.url, "salon@example.com").unwrap()),
            mail_dir: None,
            ..house.app.clone()
        }
    }

    pub fn letters(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    pub fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

async fn paid(house: &House) {
    let page = house.page();
    page.hold(&house.free("svc_cut", "emp_anna").await).await.unwrap();
    page.pay(4800, VISA).await.unwrap();
}

#[tokio::test]
async fn a_letter_goes_out_in_words_and_drawn_and_once() {
    let house = House::start().await;
    let post = MailServer::start(&["250 fine"]).await;
    let app = post.app(&house);
    paid(&house).await;
    worker::tick(&app).await;
    worker::tick(&app).await;
    let letters = post.letters();
    assert_eq!(letters.len(), 1, "{letters:?}");
    let letter = letters[0].replace("=\n", "");
    for part in [
        "<salon@example.com>",
        "<ada@example.com>",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "Paid online: EUR 48.00",
        "Message-ID: <",
        "Reply-To: ",
    ] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
}

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_is_not() {
    let house = House::start().await;
    let post = MailServer::start(&["450 later", "450 later", "250 fine"]).await;
    let app = post.app(&house);
    paid(&house).await;
    for tries in 1..=3 {
        worker::tick(&app).await;
        assert_eq!(post.asked(), tries);
        worker::tick(&app).await;
        assert_eq!(post.asked(), tries, "not before its time");
        house.pass_minutes(1);
    }
    assert_eq!(post.letters().len(), 1);

    let house = House::start().await;
    let post = MailServer::start(&["550 nobody here"]).await;
    let app = post.app(&house);
    paid(&house).await;
    for _ in 0..3 {
        worker::tick(&app).await;
        house.pass_minutes(60);
    }
    assert_eq!((post.asked(), post.letters().len()), (1, 0));

    // A wrong password is no fault of the letter's.
    let house = House::start().await;
    let post = MailServer::start(&["535 who are you", "250 fine"]).await;
    let app = post.app(&house);
    paid(&house).await;
    for _ in 0..2 {
        worker::tick(&app).await;
        house.pass_minutes(60);
    }
    assert_eq!((post.asked(), post.letters().len()), (2, 1));
}

#[tokio::test]
async fn a_mail_server_that_is_away_delays_letters_and_nothing_else() {
    let house = House::start().await;
    let away = Smtp::parse("smtp://127.0.0.1:9", "salon@example.com").unwrap();
    let app = App {
        smtp: Some(away),
        ..house.app.clone()
    };
    paid(&house).await;
    worker::tick(&app).await;
    assert_eq!(house.kept(), 4800);
    let post = MailServer::start(&["250 fine"]).await;
    house.pass_minutes(60);
    worker::tick(&post.app(&house)).await;
    assert_eq!(post.letters().len(), 1);
    assert!(Desk::of(&house, Role::Owner).await.get("today").await.status == 200);
}

#[test]
fn a_mail_server_s_address_is_never_shown() {
    let smtp = Smtp::parse("smtps://salon:hunter2@mail.example", "salon@example.com").unwrap();
    assert!(!format!("{smtp:?}").contains("hunter2"), "{smtp:?}");
    for (url, from) in [
        ("mail.example:hunter2", "salon@example.com"),
        ("smtps://a:hunter2@mail.example", "salon"),
    ] {
        let error = Smtp::parse(url, from).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
