//! What the widget knows: what is chosen and typed, which booking it is about, and what is under way.

pub mod clock;
pub mod live;
pub mod offer;
pub mod route;
pub mod store;
pub mod tabs;
pub mod token;

use std::{ops::Deref, sync::Arc};

use domain::{
    id::{EmployeeId, GroupDateId, ServiceId},
    time::Moment,
};
use server::api::{
    booking::{Booking, Payment, State},
    catalogue::{Catalogue, Salon},
    page::StripeSetup,
};
use wasm_bindgen::JsValue;

pub use live::Live;

use crate::{
    dom::get,
    intl,
    screens::time::Times,
    wire::{booking, catalogue},
};

/// A screen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Which services.
    Services,
    /// Who.
    Employee,
    /// Which day and time.
    Time,
    /// For whom.
    Details,
    /// Terms and payment.
    Payment,
    /// Booked.
    Done,
    /// The hold ended.
    Expired,
    /// Somebody else has the time.
    Taken,
    /// A visit and what is due.
    Visit,
    /// A link that can't be used, and why.
    Link(Dead),
    /// Nothing to book.
    Empty,
    /// It is being asked where a booking was left.
    Loading,
}

/// Why a visit link can't be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dead {
    /// There is no such link.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was opened again elsewhere.
    Elsewhere,
    /// The visit was called off.
    Cancelled,
}

/// Who shall do it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Who {
    /// Anybody who can.
    Anyone,
    /// This person.
    One(EmployeeId),
}

/// What is chosen so far.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Chosen {
    /// The services, in the order they were chosen.
    pub services: Vec<ServiceId>,
    /// Who was asked for.
    pub who: Option<Who>,
    /// When.
    pub start: Option<Moment>,
    /// Who does it then.
    pub employee: Option<EmployeeId>,
    /// The date of a group event.
    pub date: Option<GroupDateId>,
}

/// What is under way, so that nothing is started twice.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Busy {
    /// Nothing.
    #[default]
    No,
    /// The slot is being taken, or given back.
    Holding,
    /// The payment was sent.
    Paying,
    /// The payer's bank asks them.
    AtBank,
    /// The page asks what became of a payment.
    Checking,
}

/// What the page is for, as the server wrote it.
pub enum View {
    /// Booking.
    Book(Catalogue),
    /// Paying a visit.
    Visit(Arc<Booking>),
    /// A link that names nothing.
    NoLink {
        /// Whether there was one.
        expired: bool,
    },
}

/// The page's data.
pub struct Page {
    /// What it is for.
    pub view: View,
    /// The salon, if it is of one.
    pub salon: Option<Salon>,
    /// How to reach Stripe.
    pub stripe: Option<StripeSetup>,
}

/// Everything the screens share: one a page, for the page's life. A handle, for every closure of every screen keeps one.
#[derive(Clone, Copy)]
pub struct App(&'static Shared);

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        self.0
    }
}

/// What an [`App`] stands for.
pub struct Shared {
    /// The page's data.
    pub page: Page,
    /// The screen.
    pub step: Live<Step>,
    /// What is chosen.
    pub chosen: Live<Chosen>,
    /// The booking as the server last told it.
    pub booking: Live<Option<Arc<Booking>>>,
    /// What is under way.
    pub busy: Live<Busy>,
    /// Whether the server can't be reached just now.
    pub lost: Live<bool>,
    /// How the server's clock differs from the browser's, in milliseconds.
    pub offset: Live<i64>,
    /// What is left of the hold, in seconds.
    pub left: Live<Option<i64>>,
    /// Whether the payer pays all where a part is enough.
    pub all: Live<bool>,
    /// Whether the payer pays at the salon where that is a choice.
    pub at_salon: Live<bool>,
    /// Whether the payer lets the salon save the card for fees.
    pub agreed: Live<bool>,
    /// What to tell beside the pay button.
    pub problem: Live<Option<String>>,
    /// A bank's question that is still open: for Stripe.js alone, never kept.
    pub question: Live<Option<String>>,
    /// What to say to who can't see the page.
    pub said: Live<String>,
    /// The card field's state.
    pub card: Live<crate::stripe::Card>,
    /// The free times in view.
    pub times: Times,
}

impl Page {
    /// Reads what the server wrote into the page.
    #[must_use]
    pub fn read(data: &JsValue) -> Option<Page> {
        let view = get(data, "view");
        let salon = catalogue::salon(&get(&view, "salon"));
        let (view, salon) = match get(&view, "is").as_string()?.as_str() {
            "book" if crate::BOOKS => {
                let catalogue = catalogue::catalogue(&get(&view, "catalogue"))?;
                let salon = catalogue.salon.clone();
                (View::Book(catalogue), Some(salon))
            }
            "visit" => (View::Visit(booking::booking(&get(&view, "booking"))?), salon),
            _ => (
                View::NoLink {
                    expired: get(&view, "expired").is_truthy(),
                },
                salon,
            ),
        };
        Some(Page {
            view,
            salon,
            stripe: catalogue::stripe(&get(data, "stripe")),
        })
    }
}

impl App {
    /// The state at the start of a page.
    #[must_use]
    pub fn new(page: Page) -> App {
        App(Box::leak(Box::new(Shared {
            page,
            step: Live::new(Step::Services),
            chosen: Live::new(Chosen::default()),
            booking: Live::new(None),
            busy: Live::new(Busy::No),
            lost: Live::new(false),
            offset: Live::new(0),
            left: Live::new(None),
            all: Live::new(false),
            at_salon: Live::new(false),
            agreed: Live::new(false),
            problem: Live::new(None),
            question: Live::new(None),
            said: Live::new(String::new()),
            card: Live::new(crate::stripe::Card::None),
            times: Times::default(),
        })))
    }

    /// The salon's catalogue, on a booking page.
    #[must_use]
    pub fn catalogue(self) -> Option<&'static Catalogue> {
        match &self.0.page.view {
            View::Book(catalogue) if crate::BOOKS => Some(catalogue),
            _ => None,
        }
    }

    /// Whether this page pays a visit.
    #[must_use]
    pub fn is_visit(self) -> bool {
        !crate::BOOKS || !matches!(self.page.view, View::Book(_))
    }

    /// The salon's time zone.
    #[must_use]
    pub fn zone(self) -> &'static str {
        self.0.page.salon.as_ref().map_or("UTC", |salon| &salon.time_zone)
    }

    /// The salon's phone number.
    #[must_use]
    pub fn phone(self) -> &'static str {
        self.0.page.salon.as_ref().map_or("", |salon| &salon.phone)
    }

    /// Takes what the server said of the booking.
    pub fn take(self, booking: Arc<Booking>) {
        self.offset.set(booking.now.since(intl::now()));
        if let (Some(choice), true) = (&booking.choice, self.chosen.get_untracked().start.is_none()) {
            let choice = choice.clone();
            self.chosen.set(Chosen {
                services: choice.services,
                who: Some(Who::One(choice.employee.clone())),
                start: Some(choice.start),
                employee: Some(choice.employee),
                date: choice.date,
            });
        }
        self.booking.set(Some(booking));
        clock::tick(self);
    }

    /// Says whether answers stay out; and that they are back, to who waited.
    pub fn set_lost(self, lost: bool) {
        if self.lost.get_untracked() != lost {
            self.lost.set(lost);
            self.said
                .set(crate::texts::t(if lost { "net.lost" } else { "net.back" }));
        }
    }

    /// Forgets the booking and what was chosen, to begin another one.
    pub fn begin_anew(self) {
        store::forget_token(self);
        self.booking.set(None);
        self.problem.set(None);
        self.question.set(None);
        self.left.set(None);
        self.chosen.set(Chosen::default());
        self.at_salon.set(false);
        self.agreed.set(false);
        self.all.set(false);
        route::go(self, Step::Services);
    }

    /// Puts an end to what was under way.
    pub fn idle(self) {
        self.busy.set(Busy::No);
    }

    /// Chooses a time and who does it then.
    pub fn choose_time(self, start: Moment, employee: EmployeeId, date: Option<GroupDateId>) {
        self.chosen.update(|chosen| {
            chosen.start = Some(start);
            chosen.employee = Some(employee);
            chosen.date = date;
        });
    }
}

/// Whether the visit is settled: money was taken for it, or it needs none any more. One that was called off is not.
#[must_use]
pub fn is_over(booking: &Booking) -> bool {
    match booking.payment {
        _ if booking.state == State::Cancelled => false,
        Payment::Paid { .. } => true,
        _ => booking.state == State::Booked && booking.choice.is_some(),
    }
}
