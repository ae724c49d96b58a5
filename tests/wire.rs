//! What the widget reads and writes by hand is what the server's own types mean: checked against serde, type by type.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

use booking_checkout::wire::{Call, booking, catalogue};
use domain::{
    cancellation::{CancellationTerms, Explained, Step},
    currency::Currency,
    decline::Decline,
    id::{BookingId, EmployeeId, GroupDateId, LinkToken, SalonSlug, ServiceId},
    money::{Money, Percent},
    terms::{Clients, Due, Offer, Part, Quote, Reason, Rule, SalonTerms},
    time::Moment,
};
use serde::{Serialize, de::DeserializeOwned};
use server::api::{
    booking::{Booking, Line, Payment, State},
    catalogue::{Catalogue, Employee, GroupDate, Salon, Service},
    confirm::{ConfirmCall, ConfirmRequest, Confirmed, Consent, Next, Pay, SettleCall},
    free_times::{Day, FreeTime, FreeTimes, FreeTimesCall, FreeTimesRequest},
    hold::{Client, HoldCall, HoldRequest},
    link::{OpenLinkCall, OpenRequest},
    quote::Choice,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// As the server sends it.
fn sent<T: Serialize>(value: &T) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .unwrap()
}

/// As the server reads it.
fn read<T: DeserializeOwned>(value: &JsValue) -> T {
    let json = js_sys::JSON::stringify(value).unwrap();
    serde_wasm_bindgen::from_value(js_sys::JSON::parse(&String::from(json)).unwrap()).unwrap()
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

fn choice() -> Choice {
    Choice {
        salon: SalonSlug::parse("lumen").unwrap(),
        services: vec![
            ServiceId::parse("svc_cut").unwrap(),
            ServiceId::parse("svc_colour").unwrap(),
        ],
        employee: EmployeeId::parse("emp_anna").unwrap(),
        start: Moment(1_795_528_800_000),
        date: Some(GroupDateId::parse("grp_1").unwrap()),
    }
}

fn agreed() -> Consent {
    Consent {
        text: "You may charge this card.".to_owned(),
        version: 1,
    }
}

fn sample(state: State, payment: Payment, offer: Offer) -> Booking {
    let percent = Percent::parse(30).unwrap();
    let (sum, minimum, from) = (eur(5000), eur(50), eur(3000));
    Booking {
        id: BookingId::parse("bkg_1").unwrap(),
        reference: "ABC234".to_owned(),
        salon: SalonSlug::parse("lumen").unwrap(),
        lines: vec![Line {
            name: "Cut".to_owned(),
            minutes: 45,
            price: eur(4800),
            from: true,
        }],
        employee: "Anna".to_owned(),
        start: Moment(1_795_528_800_000),
        end: Moment(1_795_531_500_000),
        client: "Ada".to_owned(),
        email: String::new(),
        consent: Some(agreed()),
        tips: true,
        deadline: Some("Please pay EUR 20.00.".to_owned()),
        manage: Some("https://booking.example/manage/mg_1".to_owned()),
        quote: Quote {
            price: eur(4800),
            from: true,
            offer,
            reasons: vec![
                Reason::Free,
                Reason::OnlineOff,
                Reason::NotOffered,
                Reason::YourChoice,
                Reason::ServiceInFull,
                Reason::ServicePercent { percent },
                Reason::ServiceFixed { sum },
                Reason::EmployeeInFull,
                Reason::GroupInFull,
                Reason::Added,
                Reason::FromPrice,
                Reason::KnownClient,
                Reason::BelowValue { from },
                Reason::RaisedToMinimum { minimum },
                Reason::TooSmall { minimum },
                Reason::TooLarge,
            ],
            tip: Some(eur(300)),
        },
        cancellation: Explained {
            free_until: Some(Moment(7)),
            steps: vec![Step {
                from: Moment(7),
                fee: eur(2400),
            }],
        },
        state,
        payment,
        choice: Some(choice()),
        now: Moment(1_795_500_000_000),
    }
}

#[wasm_bindgen_test]
fn every_state_of_a_booking_is_read() {
    let due = Due {
        now: eur(1440),
        all: Some(eur(4800)),
    };
    let states = [
        State::Held { until: Moment(9) },
        State::Booked,
        State::Expired,
        State::Cancelled,
    ];
    let payments = [
        Payment::None,
        Payment::Declined {
            decline: Decline::AnotherCard,
        },
        Payment::WithBank,
        Payment::UnderWay,
        Payment::Paid { sum: eur(1440) },
        Payment::GivenBack { sum: eur(1440) },
    ];
    let offers = [
        Offer::AtSalon,
        Offer::Choice(due),
        Offer::Must(Due { all: None, ..due }),
    ];
    for state in states {
        for payment in payments {
            for offer in offers {
                let one = sample(state, payment, offer);
                assert_eq!(booking::booking(&sent(&one)), Some(std::sync::Arc::new(one)));
            }
        }
    }
    let visit = Booking {
        choice: None,
        ..sample(State::Booked, Payment::None, offers[0])
    };
    assert_eq!(booking::booking(&sent(&visit)), Some(std::sync::Arc::new(visit)));
}

#[wasm_bindgen_test]
fn what_comes_next_is_read() {
    let all = [
        Next::Done,
        Next::ConfirmWithBank {
            client_secret: "pi_1_secret_2".to_owned(),
        },
        Next::AnotherTry {
            decline: Decline::FixCvc,
        },
        Next::Wait,
        Next::TooLate,
    ];
    for next in all {
        let one = Confirmed {
            booking: sample(State::Booked, Payment::None, Offer::AtSalon),
            next,
        };
        let read = SettleCall::answer(&sent(&one)).unwrap();
        assert!(read.next == one.next && *read.booking == one.booking);
    }
}

#[wasm_bindgen_test]
fn a_catalogue_is_read() {
    let service = |part, price_to, dates| Service {
        id: ServiceId::parse("svc_cut").unwrap(),
        name: "Cut".to_owned(),
        description: String::new(),
        minutes: 45,
        price: eur(4800),
        price_to,
        rule: Rule::Required,
        part,
        employees: vec![EmployeeId::parse("emp_anna").unwrap()],
        dates,
    };
    let date = GroupDate {
        id: GroupDateId::parse("grp_1").unwrap(),
        start: Moment(5),
        employee: EmployeeId::parse("emp_anna").unwrap(),
        seats_left: 8,
    };
    let one = Catalogue {
        salon: Salon {
            slug: SalonSlug::parse("lumen").unwrap(),
            name: "Lumen".to_owned(),
            address: "Lindengasse 14".to_owned(),
            phone: "+43 1 890".to_owned(),
            colour: "#7a4456".to_owned(),
            currency: Currency::EUR,
            time_zone: "Europe/Vienna".to_owned(),
            country: "AT".to_owned(),
        },
        services: vec![
            service(Part::Full, None, None),
            service(Part::Percent(Percent::parse(30).unwrap()), Some(eur(9000)), None),
            service(Part::Fixed(eur(5000)), None, Some(vec![date])),
        ],
        employees: vec![Employee {
            id: EmployeeId::parse("emp_anna").unwrap(),
            name: "Anna".to_owned(),
            title: "Colourist".to_owned(),
            rule: Rule::Forbidden,
        }],
        terms: SalonTerms {
            online: true,
            optional: false,
            clients: Clients::NewOrMissed,
            from_value: Some(eur(2000)),
        },
        cancellation: CancellationTerms::default(),
        hold_minutes: 15,
    };
    assert_eq!(catalogue::catalogue(&sent(&one)), Some(one));
}

#[wasm_bindgen_test]
fn free_times_are_read() {
    let time = FreeTime {
        start: Moment(5),
        employee: EmployeeId::parse("emp_anna").unwrap(),
    };
    let day = Day {
        date: "2026-11-24".to_owned(),
        times: vec![time],
    };
    for next in [None, Some("2026-12-01".to_owned())] {
        let one = FreeTimes {
            days: vec![day.clone()],
            next,
            last: "2027-01-23".to_owned(),
        };
        assert_eq!(FreeTimesCall::answer(&sent(&one)), Some(one));
    }
}

#[wasm_bindgen_test]
fn what_is_unreadable_is_refused_not_guessed() {
    assert!(booking::booking(&js_sys::JSON::parse("{}").unwrap()).is_none());
    let negative = sent(&sample(State::Booked, Payment::None, Offer::AtSalon));
    let lines = js_sys::Reflect::get(&negative, &"lines".into()).unwrap();
    let price = js_sys::Reflect::get(&js_sys::Array::from(&lines).get(0), &"price".into()).unwrap();
    js_sys::Reflect::set(&price, &"minor".into(), &(-1).into()).unwrap();
    assert!(booking::booking(&negative).is_none());
}

#[wasm_bindgen_test]
fn the_server_reads_what_is_asked() {
    let client = Client {
        name: "Ada".to_owned(),
        email: "a@b.at".to_owned(),
        ..Client::default()
    };
    let held: HoldRequest = read(
        &HoldCall {
            request: HoldRequest {
                choice: choice(),
                client: client.clone(),
                again: true,
            },
        }
        .request(),
    );
    assert!(held.choice == choice() && held.client == client && held.again);

    let request = FreeTimesRequest {
        salon: SalonSlug::parse("lumen").unwrap(),
        services: choice().services,
        employee: None,
        from: Some("2026-11-24".to_owned()),
        days: 7,
    };
    let asked: FreeTimesRequest = read(
        &FreeTimesCall {
            request: request.clone(),
        }
        .request(),
    );
    assert_eq!((asked.from, asked.days, asked.employee), (request.from, 7, None));

    let card = Pay::Card {
        sum: eur(4800),
        confirmation_token: "ctoken_1".to_owned(),
    };
    let confirm: ConfirmRequest = read(
        &ConfirmCall {
            request: ConfirmRequest {
                pay: card,
                consent: Some(agreed()),
            },
        }
        .request(),
    );
    assert!(matches!(confirm.pay, Pay::Card { sum, .. } if sum == eur(4800)));
    assert_eq!(confirm.consent, Some(agreed()));
    let confirm: ConfirmRequest = read(
        &ConfirmCall {
            request: ConfirmRequest {
                pay: Pay::AtSalon,
                consent: None,
            },
        }
        .request(),
    );
    assert!(matches!(confirm.pay, Pay::AtSalon) && confirm.consent.is_none());

    let link = LinkToken::from_random(&[7; 32]);
    let open: OpenRequest = read(
        &OpenLinkCall {
            request: OpenRequest { link: link.clone() },
        }
        .request(),
    );
    assert!(open.link == link);
}
