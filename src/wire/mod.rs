//! The server's wire types, read from and written as plain JavaScript objects.
//!
//! By hand, field by field: `serde`'s derived readers of these very types weigh 46 kB (brotli) in the widget, these 3 kB
//! (docs/decisions/0010-the-widgets-bytes.md). That both agree is tested for every type (`tests/wire.rs`).

pub mod booking;
pub mod catalogue;
mod read;
mod write;

use std::sync::Arc;

use domain::decline::Decline;
use server::api::{
    booking::{Booking, StatusCall},
    confirm::{ConfirmCall, Next, SettleCall},
    error::{ApiError, Code},
    free_times::{Day, FreeTime, FreeTimes, FreeTimesCall},
    hold::HoldCall,
    link::OpenLinkCall,
    tip::TipCall,
};
use server_fn::ServerFn;
use wasm_bindgen::JsValue;

use read::{id, int, list, moment, text};
pub use write::object;

/// A server function as this client calls it.
pub trait Call: ServerFn<Error = ApiError> {
    /// Whether it may be sent again by itself when the answer is lost.
    const REPEATABLE: bool = true;
    /// How long one answer may take, in milliseconds.
    const LIMIT: u32 = 15_000;

    /// Its answer, as this client keeps it.
    type Answer;

    /// Its request, as an object.
    fn request(&self) -> JsValue;
    /// Reads its answer.
    fn answer(value: &JsValue) -> Option<Self::Answer>;
}

/// A payment's answer: the server's `Confirmed`, with the booking where everybody can keep it.
pub struct Confirmed {
    /// The booking as it is now.
    pub booking: Arc<Booking>,
    /// What comes next.
    pub next: Next,
}

impl Call for FreeTimesCall {
    type Answer = FreeTimes;

    fn request(&self) -> JsValue {
        write::free_times(&self.request)
    }
    fn answer(value: &JsValue) -> Option<FreeTimes> {
        let day = |day: &JsValue| {
            let time = |time: &JsValue| {
                Some(FreeTime {
                    start: moment(time, "start")?,
                    employee: id(time, "employee")?,
                })
            };
            Some(Day {
                date: text(day, "date")?,
                times: list(day, "times", &time)?,
            })
        };
        Some(FreeTimes {
            days: list(value, "days", &day)?,
            next: text(value, "next"),
            last: text(value, "last")?,
        })
    }
}

impl Call for HoldCall {
    type Answer = Arc<Booking>;

    fn request(&self) -> JsValue {
        write::hold(&self.request)
    }
    fn answer(value: &JsValue) -> Option<Arc<Booking>> {
        booking::booking(value)
    }
}

impl Call for OpenLinkCall {
    type Answer = Arc<Booking>;

    fn request(&self) -> JsValue {
        object(&[("link", self.request.link.reveal().into())])
    }
    fn answer(value: &JsValue) -> Option<Arc<Booking>> {
        booking::booking(value)
    }
}

impl Call for TipCall {
    type Answer = Arc<Booking>;

    fn request(&self) -> JsValue {
        object(&[("tip", write::money(self.request.tip))])
    }
    fn answer(value: &JsValue) -> Option<Arc<Booking>> {
        booking::booking(value)
    }
}

impl Call for StatusCall {
    type Answer = Arc<Booking>;

    fn request(&self) -> JsValue {
        object(&[])
    }
    fn answer(value: &JsValue) -> Option<Arc<Booking>> {
        booking::booking(value)
    }
}

impl Call for SettleCall {
    type Answer = Confirmed;

    fn request(&self) -> JsValue {
        object(&[])
    }
    fn answer(value: &JsValue) -> Option<Confirmed> {
        confirmed(value)
    }
}

impl Call for ConfirmCall {
    type Answer = Confirmed;

    const REPEATABLE: bool = false;
    const LIMIT: u32 = 60_000;

    fn request(&self) -> JsValue {
        write::confirm(&self.request)
    }
    fn answer(value: &JsValue) -> Option<Confirmed> {
        confirmed(value)
    }
}

/// Reads an error; anything that is none is [`Code::Failed`].
#[must_use]
pub fn error(value: &JsValue) -> ApiError {
    let code = text(value, "code")
        .and_then(|name| code(&name))
        .unwrap_or(Code::Failed);
    ApiError {
        field: text(value, "field"),
        retry_after: int(value, "retry_after").and_then(|seconds| u32::try_from(seconds).ok()),
        request: text(value, "request"),
        ..ApiError::new(code, text(value, "message").unwrap_or_default())
    }
}

fn code(name: &str) -> Option<Code> {
    Some(match name {
        "invalid" => Code::Invalid,
        "not_found" => Code::NotFound,
        "not_yours" => Code::NotYours,
        "slot_taken" => Code::SlotTaken,
        "hold_ended" => Code::HoldEnded,
        "price_changed" => Code::PriceChanged,
        "in_progress" => Code::InProgress,
        "already_paid" => Code::AlreadyPaid,
        "cancelled" => Code::Cancelled,
        "link_expired" => Code::LinkExpired,
        "opened_elsewhere" => Code::OpenedElsewhere,
        "too_many" => Code::TooMany,
        "busy" => Code::Busy,
        "payment_down" => Code::PaymentDown,
        "failed" => Code::Failed,
        "network" => Code::Network,
        _ => return None,
    })
}

fn confirmed(value: &JsValue) -> Option<Confirmed> {
    let next = crate::dom::get(value, "next");
    let next = match text(&next, "do")?.as_str() {
        "done" => Next::Done,
        "confirm_with_bank" => Next::ConfirmWithBank {
            client_secret: text(&next, "client_secret")?,
        },
        "another_try" => Next::AnotherTry {
            decline: Decline::parse(&text(&next, "decline")?)?,
        },
        "wait" => Next::Wait,
        "too_late" => Next::TooLate,
        _ => return None,
    };
    Some(Confirmed {
        booking: booking::booking(&crate::dom::get(value, "booking"))?,
        next,
    })
}
