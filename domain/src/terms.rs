//! Who must pay online, how much, and why.
//!
//! The rules, in the order they apply:
//! 1. `required` on the service or on the person makes a line payable; otherwise `forbidden` on either hides payment;
//!    otherwise payment is a choice, if the salon offers the choice.
//! 2. A service's own amount counts, in full, in part or fixed. Only the person requires it: in full. A group event: in
//!    full. A price range counts with its minimum. Several services add up. Free services never ask for payment.
//! 3. A salon may ask for payment only from new clients or those who once did not come, and only from some value on.
//!    From others `required` asks for nothing: it counts as `allowed`.
//! 4. A sum above zero that Stripe would refuse as too small is not offered where it was a choice; where it was required
//!    it is raised to the smallest sum, if the price allows that, else the booking goes on unpaid.
//!
//! Every step leaves a [`Reason`], so that the page can say why.

use serde::{Deserialize, Serialize};

use crate::money::{Chargeable, Money, MoneyError, Percent};

/// Whether payment online is out of the question, possible, or a must.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Never paid online.
    #[default]
    Forbidden,
    /// May be paid online.
    Allowed,
    /// Must be paid online.
    Required,
}

/// Which part of a service's price is paid online.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    #[default]
    Full,
    /// So many hundredths.
    Percent(Percent),
    /// This sum, never above the price.
    Fixed(Money),
}

/// One service in a booking, as far as payment is concerned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// The price, or the lower end of a price range.
    pub price: Money,
    /// Whether the price is the lower end of a range.
    pub from: bool,
    /// The service's rule.
    pub service: Rule,
    /// The service's part.
    pub part: Part,
    /// Whether this is a group event.
    pub group: bool,
    /// The rule of the person who does it.
    pub employee: Rule,
}

/// What a salon's settings say of payment in online booking.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct SalonTerms {
    /// Whether payment in online booking is switched on, and the keys are there.
    pub online: bool,
    /// Whether a client may choose to pay now where nothing requires it.
    pub optional: bool,
    /// Whom `required` binds.
    pub clients: Clients,
    /// From which value of the whole booking on `required` binds; `None`: always.
    pub from_value: Option<Money>,
}

/// Which clients must pay where payment is required.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clients {
    /// Everybody.
    #[default]
    All,
    /// Those who never came, and those who once did not come.
    NewOrMissed,
}

/// What the salon knows of the client who books.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Never seen, or not known yet.
    #[default]
    New,
    /// Came before.
    Known,
    /// Once did not come.
    Missed,
}

/// What a booking costs, what of it is due now, and why.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// The price of everything; the lower end where a service has a range.
    pub price: Money,
    /// Whether the price may turn out higher, because a service has a range.
    pub from: bool,
    /// What may or must be paid now.
    pub offer: Offer,
    /// Why, most important first.
    pub reasons: Vec<Reason>,
    /// What of the price is a tip: it is in what is due, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip: Option<Money>,
}

/// What may or must be paid now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Offer {
    /// Nothing can be paid now: the client pays at the salon.
    AtSalon,
    /// The client chooses between paying now and at the salon.
    Choice(Due),
    /// The client pays now, or there is no booking.
    Must(Due),
}

/// The sums a client may pay now.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Due {
    /// What the terms ask for.
    pub now: Money,
    /// All that can be paid online, when that is more than [`Due::now`].
    pub all: Option<Money>,
}

/// Why a quote is as it is. The page has the words.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Reason {
    /// Nothing to pay at all.
    Free,
    /// The salon takes no payment in online booking.
    OnlineOff,
    /// Payment online is not offered for this service or with this person.
    NotOffered,
    /// The client may choose.
    YourChoice,
    /// The service asks for payment of its whole price.
    ServiceInFull,
    /// The service asks for a part of its price.
    ServicePercent {
        /// The part.
        percent: Percent,
    },
    /// The service asks for a fixed sum.
    ServiceFixed {
        /// The sum.
        sum: Money,
    },
    /// The person asks for payment in full.
    EmployeeInFull,
    /// A group event is paid in full.
    GroupInFull,
    /// Sums of several services were added up.
    Added,
    /// The price is the lower end of a range; the rest is settled at the salon.
    FromPrice,
    /// Known clients of this salon need not pay now.
    KnownClient,
    /// Bookings below this value need not be paid now.
    BelowValue {
        /// From here on payment is asked for.
        from: Money,
    },
    /// The sum was below what a card can be charged, and was raised to it.
    RaisedToMinimum {
        /// The smallest sum a card can be charged.
        minimum: Money,
    },
    /// The sum is below what a card can be charged, so it is paid at the salon.
    TooSmall {
        /// The smallest sum a card can be charged.
        minimum: Money,
    },
    /// The sum is above what a card can be charged at once, so it is paid at the salon.
    TooLarge,
}

/// Prices a booking of these lines.
///
/// ```
/// use domain::{currency::Currency, money::{Money, Percent}, terms::*};
/// let eur = |minor| Money::new(minor, Currency::EUR).unwrap();
/// let salon = SalonTerms { online: true, optional: true, clients: Clients::All, from_value: None };
/// let colour = Line {
///     price: eur(9000), from: false, group: false,
///     service: Rule::Required, part: Part::Percent(Percent::parse(30).unwrap()),
///     employee: Rule::Allowed,
/// };
/// let quote = quote(&salon, History::New, &[colour]).unwrap();
/// assert_eq!(quote.offer, Offer::Must(Due { now: eur(2700), all: Some(eur(9000)) }));
/// ```
///
/// # Errors
/// [`QuoteError`] when there is no line, or sums of two currencies (a fixed part's too), or sums too large to add.
pub fn quote(salon: &SalonTerms, history: History, lines: &[Line]) -> Result<Quote, QuoteError> {
    let first = lines.first().ok_or(QuoteError::Nothing)?;
    let zero = Money::zero(first.price.currency());
    let price = sum(zero, lines.iter().map(|line| line.price))?;
    if lines.iter().any(Line::mixes_currencies) {
        return Err(QuoteError::Money(MoneyError::Currencies));
    }
    let from = lines.iter().any(|line| line.from);
    let done = |offer, reasons| {
        Ok(Quote {
            price,
            from,
            offer,
            reasons,
            tip: None,
        })
    };

    if price.is_zero() {
        return done(Offer::AtSalon, vec![Reason::Free]);
    }
    if !salon.online {
        return done(Offer::AtSalon, vec![Reason::OnlineOff]);
    }

    let required = |line: &&Line| line.needs() == Rule::Required && !line.price.is_zero();
    let mut reasons = Vec::new();
    let must = if lines.iter().any(|line| required(&line)) {
        let excuse = excuse(salon, history, price);
        reasons.extend(excuse);
        excuse.is_none()
    } else {
        false
    };
    let payable = |line: &&Line| line.may_be_paid(must) && !line.price.is_zero();
    let all = sum(zero, lines.iter().filter(payable).map(|line| line.price))?;
    if !must && (!salon.optional || all.is_zero()) {
        if reasons.is_empty() {
            reasons.push(Reason::NotOffered);
        }
        return done(Offer::AtSalon, reasons);
    }

    let counted: Vec<&Line> = lines
        .iter()
        .filter(|line| if must { required(line) } else { payable(line) })
        .collect();
    let now = sum(zero, counted.iter().map(|line| line.due()))?;
    for reason in counted.iter().map(|line| line.reason()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if !must {
        reasons.insert(0, Reason::YourChoice);
    }
    if counted.len() > 1 {
        reasons.push(Reason::Added);
    }
    if counted.iter().any(|line| line.from) {
        reasons.push(Reason::FromPrice);
    }
    match within_limits(now, all, must) {
        (offer, None) => done(offer, reasons),
        // Why it can't be paid now is all there is to say: what would have been asked for only confuses.
        (Offer::AtSalon, Some(reason)) => done(Offer::AtSalon, vec![reason]),
        (offer, Some(reason)) => {
            reasons.insert(0, reason);
            done(offer, reasons)
        }
    }
}

/// Why there is no quote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum QuoteError {
    /// No service was chosen.
    Nothing,
    /// The sums do not go together.
    Money(MoneyError),
}

impl Quote {
    /// The price of what is done for it, without a tip: fees for cancelling are parts of this.
    #[must_use]
    pub fn services(&self) -> Money {
        self.tip
            .and_then(|tip| self.price.less(tip).ok())
            .unwrap_or(self.price)
    }

    /// Whether a client may pay this sum now.
    #[must_use]
    pub fn accepts(&self, sum: Money) -> bool {
        match self.offer {
            Offer::AtSalon => false,
            Offer::Choice(due) | Offer::Must(due) => sum == due.now || Some(sum) == due.all,
        }
    }

    /// Whether a client may book without paying now.
    #[must_use]
    pub fn accepts_unpaid(&self) -> bool {
        !matches!(self.offer, Offer::Must(_))
    }
}

impl Line {
    /// What the service and the person ask for together.
    #[must_use]
    pub fn needs(&self) -> Rule {
        match (self.service, self.employee) {
            (Rule::Required, _) | (_, Rule::Required) => Rule::Required,
            (Rule::Forbidden, _) | (_, Rule::Forbidden) => Rule::Forbidden,
            (Rule::Allowed, Rule::Allowed) => Rule::Allowed,
        }
    }

    fn due(&self) -> Money {
        match self.part {
            _ if self.group || self.only_employee_requires() => self.price,
            Part::Full => self.price,
            Part::Percent(percent) => self.price.percent(percent),
            Part::Fixed(sum) if sum.minor() < self.price.minor() => sum,
            Part::Fixed(_) => self.price,
        }
    }

    /// Whether this line may be paid online at all. Where `required` does not bind, it allows, and the other side may
    /// still forbid.
    fn may_be_paid(&self, required_binds: bool) -> bool {
        match self.needs() {
            Rule::Forbidden => false,
            Rule::Allowed => true,
            Rule::Required => {
                required_binds || self.service != Rule::Forbidden && self.employee != Rule::Forbidden
            }
        }
    }

    fn mixes_currencies(&self) -> bool {
        matches!(self.part, Part::Fixed(sum) if sum.currency() != self.price.currency())
    }

    fn reason(&self) -> Reason {
        match self.part {
            _ if self.group => Reason::GroupInFull,
            _ if self.only_employee_requires() => Reason::EmployeeInFull,
            Part::Percent(percent) if percent.get() < 100 => Reason::ServicePercent { percent },
            Part::Fixed(sum) if self.due() == sum => Reason::ServiceFixed { sum },
            _ => Reason::ServiceInFull,
        }
    }

    fn only_employee_requires(&self) -> bool {
        self.employee == Rule::Required && self.service != Rule::Required
    }
}

/// Why this client need not pay although a line requires it.
fn excuse(salon: &SalonTerms, history: History, price: Money) -> Option<Reason> {
    if salon.clients == Clients::NewOrMissed && history == History::Known {
        return Some(Reason::KnownClient);
    }
    match salon.from_value {
        Some(from) if from.currency() == price.currency() && price.minor() < from.minor() => {
            Some(Reason::BelowValue { from })
        }
        _ => None,
    }
}

/// Fits the sum to what a card can be charged.
fn within_limits(now: Money, all: Money, must: bool) -> (Offer, Option<Reason>) {
    let more = |now: Money| {
        let fits = all.minor() > now.minor() && all.chargeable() == Chargeable::Yes;
        Due {
            now,
            all: fits.then_some(all),
        }
    };
    match now.chargeable() {
        Chargeable::Yes if must => (Offer::Must(more(now)), None),
        Chargeable::Yes => (Offer::Choice(more(now)), None),
        Chargeable::AboveMaximum => (Offer::AtSalon, Some(Reason::TooLarge)),
        Chargeable::BelowMinimum(minimum) if must && !now.is_zero() && all.minor() >= minimum.minor() => (
            Offer::Must(more(minimum)),
            Some(Reason::RaisedToMinimum { minimum }),
        ),
        Chargeable::BelowMinimum(minimum) => (Offer::AtSalon, Some(Reason::TooSmall { minimum })),
    }
}

fn sum(zero: Money, sums: impl Iterator<Item = Money>) -> Result<Money, QuoteError> {
    let mut total = zero;
    for one in sums {
        total = total.plus(one).map_err(QuoteError::Money)?;
    }
    Ok(total)
}

impl std::fmt::Display for QuoteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            QuoteError::Nothing => f.write_str("no service was chosen"),
            QuoteError::Money(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for QuoteError {}
