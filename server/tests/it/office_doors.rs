//! Who gets into the back office, and what each may do there.

use domain::role::{Right, Role};
use reqwest::Method;
use server::office;

use crate::{
    desk::{Desk, PASSWORD},
    harness::House,
};

#[tokio::test]
async fn signed_in_by_invitation_then_by_password_then_signed_out() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Owner).await;
    assert!(desk.get("settings").await.text.contains("Grete Maier"));

    let first = desk.cookie.take().unwrap();
    let seen = desk.get("staff?a=b").await;
    assert_eq!(
        seen.to.as_deref(),
        Some("/office/lumen/sign-in?then=%2Foffice%2Flumen%2Fstaff%3Fa%3Db")
    );
    let form = [
        ("email", "Owner@Example.com"),
        ("password", PASSWORD),
        ("then", "/office/lumen/staff?a=b"),
    ];
    let seen = desk.post("sign-in", &form).await;
    assert_eq!(seen.to.as_deref(), Some("/office/lumen/staff?a=b"));
    assert_eq!(desk.get("staff").await.status, 200);

    desk.post("sign-out", &[]).await;
    assert_eq!(desk.get("today").await.status, 303);
    desk.cookie = Some(first.clone());
    assert_eq!(desk.get("today").await.status, 200, "the other browser stays");
    desk.post("sign-out-everywhere", &[]).await;
    desk.cookie = Some(first);
    assert_eq!(desk.get("today").await.status, 303);
}

#[tokio::test]
async fn an_invitation_works_once_and_for_a_week() {
    let house = House::start().await;
    let mut owner = Desk::of(&house, Role::Owner).await;
    let invite = [
        ("email", "eva@example.com"),
        ("role", "reception"),
        ("limit", "20"),
    ];
    let link = |seen: &crate::desk::Seen| {
        let rest = seen.text.split("/office/lumen/welcome/").nth(1).unwrap();
        format!("welcome/{}", rest.get(..64).unwrap())
    };
    let first = link(&owner.post("staff", &invite).await);
    let second = link(&owner.post("staff", &invite).await);
    let mut eva = Desk::new(&house);
    assert_eq!(eva.get(&first).await.status, 410, "a newer one takes its place");
    let weak = eva.post(&second, &[("name", "Eva"), ("password", "short")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.text.contains("at least 10 characters") && weak.text.contains("value=\"Eva\""));
    let accept = [("name", "Eva"), ("password", PASSWORD)];
    assert_eq!(eva.post(&second, &accept).await.status, 303);
    assert_eq!(eva.post(&second, &accept).await.status, 410);
    assert!(
        owner
            .get("log")
            .await
            .text
            .contains("invited eva@example.com as Reception")
    );

    let late = link(
        &owner
            .post("staff", &[("email", "o@example.com"), ("role", "owner")])
            .await,
    );
    house.pass_minutes(7 * 24 * 60);
    assert_eq!(eva.get(&late).await.status, 410);
}

#[tokio::test]
async fn wrong_passwords_wait_ever_longer_and_say_nothing_of_who_exists() {
    let house = House::start().await;
    Desk::of(&house, Role::Manager).await;
    let mut desk = Desk::new(&house);
    let wrong = |email| [("email", email), ("password", "not it at all")];
    let unknown = desk.post("sign-in", &wrong("nobody@example.com")).await;
    let known = desk.post("sign-in", &wrong("manager@example.com")).await;
    assert_eq!(
        (unknown.status, known.status),
        (401.try_into().unwrap(), 401.try_into().unwrap())
    );
    assert_eq!(unknown.text.replace("nobody", "manager"), known.text);
    for _ in 0..4 {
        for email in ["manager@example.com", "nobody@example.com"] {
            assert_eq!(desk.post("sign-in", &wrong(email)).await.status, 401);
        }
    }
    // Nobody learns by waiting who there is.
    let unknown = desk.post("sign-in", &wrong("nobody@example.com")).await;
    let known = desk.post("sign-in", &wrong("manager@example.com")).await;
    assert_eq!(
        (unknown.status, known.status),
        (known.status, 429.try_into().unwrap())
    );
    let seconds = |text: &str| {
        text.split("Try again in ")
            .nth(1)
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .to_owned()
    };
    assert_eq!(seconds(&unknown.text), seconds(&known.text));
    let right = [("email", "manager@example.com"), ("password", PASSWORD)];
    let seen = desk.post("sign-in", &right).await;
    assert_eq!(seen.status, 429, "{}", seen.text);
    // It began with half a minute, and the time in between counts.
    let left = seen.text.split("Try again in ").nth(1).unwrap();
    let left: u32 = left.split(' ').next().unwrap().parse().unwrap();
    assert!((1..=39).contains(&left), "{left}");
    house.pass_minutes(1);
    assert_eq!(desk.post("sign-in", &right).await.status, 303);
    // The right one makes up for all before.
    let mut other = Desk::new(&house);
    assert_eq!(
        other.post("sign-in", &wrong("manager@example.com")).await.status,
        401
    );
    assert_eq!(other.post("sign-in", &right).await.status, 303);
}

#[tokio::test]
async fn one_sets_another_password_with_the_old_one_and_is_signed_out_elsewhere() {
    let house = House::start().await;
    let mut desk = Desk::of(&house, Role::Reception).await;
    let here = desk.cookie.clone();
    let sign_in = |password| [("email", "reception@example.com"), ("password", password)];
    let mut elsewhere = Desk::new(&house);
    assert_eq!(elsewhere.post("sign-in", &sign_in(PASSWORD)).await.status, 303);
    assert!(
        desk.get("settings")
            .await
            .text
            .contains("/password\">Another password")
    );
    let new = "window kettle moss";
    for (old, new, again, sentence) in [
        ("not it at all", new, new, "not your present password"),
        (PASSWORD, "short", "short", "at least 10 characters"),
        (PASSWORD, new, "window kettle moos", "not the same"),
    ] {
        let seen = desk
            .post("password", &[("old", old), ("new", new), ("again", again)])
            .await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{}",
            seen.text
        );
        assert!(!seen.text.contains(PASSWORD) && !seen.text.contains("window kettle"));
    }
    let form = [("old", PASSWORD), ("new", new), ("again", new)];
    assert_eq!(desk.post("password", &form).await.status, 303);
    assert_eq!(desk.cookie, here);
    assert_eq!(desk.get("today").await.status, 200);
    assert_eq!(elsewhere.get("today").await.status, 303);
    assert_eq!(elsewhere.post("sign-in", &sign_in(PASSWORD)).await.status, 401);
    assert_eq!(elsewhere.post("sign-in", &sign_in(new)).await.status, 303);
    // Guessing the old one waits as signing in does.
    for _ in 0..5 {
        desk.post("password", &[("old", "a guess"), ("new", new), ("again", new)])
            .await;
    }
    let seen = desk.post("password", &form).await;
    assert!(seen.text.contains("wrong several times"), "{}", seen.text);
}

#[tokio::test]
async fn a_session_ends_after_two_weeks_without_use_and_after_sixty_days() {
    let house = House::start().await;
    let desk = Desk::of(&house, Role::Owner).await;
    for _ in 0..5 {
        house.pass_minutes(11 * 24 * 60);
        assert_eq!(desk.get("today").await.status, 200);
    }
    house.pass_minutes(6 * 24 * 60);
    assert_eq!(desk.get("today").await.status, 303);

    let desk = Desk::of(&house, Role::Manager).await;
    house.pass_minutes(14 * 24 * 60 + 1);
    assert_eq!(desk.get("today").await.status, 303);
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let house = House::start().await;
    let desk = Desk::of(&house, Role::Owner).await;
    let (url, other) = (house.url.clone(), "https://evil.example".to_owned());
    for (headers, let_in) in [
        (vec![("sec-fetch-site", "cross-site")], false),
        (vec![("sec-fetch-site", "same-site")], false),
        (vec![("sec-fetch-site", "none")], false),
        (vec![("sec-fetch-site", "cross-site"), ("origin", &url)], false),
        (vec![("origin", &other)], false),
        (vec![("origin", "null")], false),
        (vec![], false),
        (vec![("origin", &url)], true),
        (vec![("sec-fetch-site", "same-origin")], true),
    ] {
        let body = "email=eva%40example.com&role=manager";
        let (seen, _) = desk.send(Method::POST, "staff", body, &headers).await;
        let expected = if let_in { 200 } else { 403 };
        assert_eq!(seen.status, expected, "{headers:?}");
    }
    assert_eq!(desk.get("log").await.text.matches("invited eva").count(), 2);
}

/// Which role has which right is tested in `domain::role`; here each address asks for the right it names.
#[tokio::test]
async fn each_role_is_refused_what_it_may_not_do() {
    let house = House::start().await;
    let mut refused = 0;
    for role in Role::ALL {
        let mut desk = Desk::of(&house, role).await;
        for route in office::routes() {
            // They end the session, and are for everybody.
            if route.path.contains("sign-out") {
                continue;
            }
            let rest = route.path.strip_prefix("/office/{salon}/").unwrap();
            let path = rest.replace("{id}", "nobody").replace("{token}", "nothing");
            let answers = [desk.get(&path).await, desk.post(&path, &[]).await];
            let mut answers = answers.iter().filter(|answer| answer.status != 405).peekable();
            assert!(answers.peek().is_some(), "{path}");
            for answer in answers {
                let expected = !role.may(route.right);
                assert_eq!(
                    answer.status == 403,
                    expected,
                    "{role:?} {path}: {}",
                    answer.status
                );
                refused += usize::from(expected);
            }
        }
    }
    assert!(refused > 0);
    let stranger = Desk::new(&house);
    for route in office::routes() {
        let rest = route.path.strip_prefix("/office/{salon}/").unwrap();
        let status = stranger.get(rest).await.status;
        assert!(status == 303 || status == 405, "{rest}: {status}");
    }
    assert!(office::routes().iter().any(|route| route.right == Right::Staff));
}

#[tokio::test]
async fn a_salon_keeps_an_owner_and_who_leaves_is_signed_out() {
    let house = House::start().await;
    let mut owner = Desk::of(&house, Role::Owner).await;
    let eva = Desk::of(&house, Role::Reception).await;
    let list = owner.get("staff").await.text;
    let all: Vec<String> = list
        .split("/office/lumen/staff/")
        .skip(1)
        .map(|rest| format!("staff/{}", rest.split('"').next().unwrap()))
        .collect();
    // Owners stand first.
    let seen = owner
        .post(&all[0], &[("role", "manager"), ("active", "yes")])
        .await;
    assert_eq!(seen.status, 422);
    assert!(seen.text.contains("needs an owner"));
    assert_eq!(owner.post(&all[0], &[("role", "owner")]).await.status, 422);

    assert_eq!(eva.get("today").await.status, 200);
    assert_eq!(owner.post(&all[1], &[("role", "reception")]).await.status, 303);
    assert_eq!(eva.get("today").await.status, 303);
    let mut again = Desk::new(&house);
    let form = [("email", "reception@example.com"), ("password", PASSWORD)];
    assert_eq!(again.post("sign-in", &form).await.status, 401);
}

#[tokio::test]
async fn who_is_invited_wrongly_is_not_and_what_was_typed_stays() {
    let house = House::start().await;
    let mut owner = Desk::of(&house, Role::Owner).await;
    let page = owner.get("staff").await.text;
    // The reception gives back small sums, as its name in the list says, unless the owner clears the field.
    assert!(
        page.contains("name=\"limit\" type=\"text\"") && page.contains("value=\"50.00\""),
        "{page}"
    );
    let own = page
        .split("/office/lumen/staff/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    for (path, field, text, sentence) in [
        ("staff", "email", "eva at home", "e-mail address"),
        ("staff", "role", "boss", "Choose"),
        ("staff", "limit", "lots", "Enter a sum"),
        (&format!("staff/{own}"), "limit", "-5", "Enter a sum"),
        (&format!("staff/{own}"), "role", "", "Choose"),
        (&format!("staff/{own}"), "role", "reception", "needs an owner"),
    ] {
        let form = [
            ("email", "eva@example.com"),
            ("role", "owner"),
            ("limit", "17.50"),
            ("active", "yes"),
        ]
        .map(|(name, good)| (name, if name == field { text } else { good }));
        let seen = owner.post(path, &form).await;
        assert!(
            seen.status == 422 && seen.text.contains(sentence),
            "{path} {field} {text}: {}",
            seen.text
        );
        let stays = if field == "limit" { text } else { "17.50" };
        assert!(
            seen.text.contains(&format!("value=\"{stays}\"")),
            "{field}: {}",
            seen.text
        );
    }
}
