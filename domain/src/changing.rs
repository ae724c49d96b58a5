//! What a client may change of a booking online, and until when; and how a salon takes its fees.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// Until how long before the start something may be done online.
///
/// ```
/// use domain::{changing::Cutoff, time::Moment};
/// let day = Cutoff::hours(24).unwrap();
/// let start = Moment(100 * 3_600_000);
/// assert_eq!(day.until(start), Some(Moment(76 * 3_600_000)));
/// assert!(day.allows(start, Moment(76 * 3_600_000)) && !day.allows(start, Moment(76 * 3_600_000 + 1)));
/// assert!(!Cutoff::NEVER.allows(start, Moment(0)));
/// assert!(Cutoff::hours(721).is_none());
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Option<u16>", into = "Option<u16>")]
pub struct Cutoff(Option<u16>);

/// What a client may do with a booking online.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Permissions {
    /// To call it off.
    pub cancel: Cutoff,
    /// To move it to another time. Besides, only while calling it off would be free: moving must be no way around a fee
    /// (rule of ours).
    pub moving: Cutoff,
}

/// What clients may do online, as it was when a booking was made: it stays with the booking.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Agreed {
    /// While nothing was paid for it.
    pub unpaid: Permissions,
    /// Once it was paid for online, in full or in part.
    pub prepaid: Permissions,
}

/// A salon's terms for changing bookings and for its fees.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeTerms {
    /// For bookings that nothing was paid for.
    pub unpaid: Permissions,
    /// For bookings that were paid for online, in full or in part.
    pub prepaid: Permissions,
    /// Whether the salon is asked before each fee; else fees are taken by themselves.
    pub ask_first: bool,
    /// Whether cards are saved, with the client's consent, to charge fees with.
    pub save_cards: bool,
}

impl Cutoff {
    /// Not at all.
    pub const NEVER: Cutoff = Cutoff(None);
    /// No salon may ask for more hours than this: a month.
    pub const MOST_HOURS: u16 = 720;

    /// Until so many hours before the start, 0 to [`Cutoff::MOST_HOURS`]; `None` for more.
    #[must_use]
    pub fn hours(hours: u16) -> Option<Cutoff> {
        (hours <= Self::MOST_HOURS).then_some(Cutoff(Some(hours)))
    }

    /// The hours; `None`: not at all.
    #[must_use]
    pub fn get(self) -> Option<u16> {
        self.0
    }

    /// The last moment at which it may be done; `None`: at none.
    #[must_use]
    pub fn until(self, start: Moment) -> Option<Moment> {
        self.0.map(|hours| start.plus_minutes(-60 * i64::from(hours)))
    }

    /// The one of the two that leaves more time.
    ///
    /// ```
    /// use domain::changing::Cutoff;
    /// let (hour, day) = (Cutoff::hours(1).unwrap(), Cutoff::hours(24).unwrap());
    /// assert_eq!(hour.or_longer(day), hour);
    /// assert_eq!(Cutoff::NEVER.or_longer(day), day);
    /// assert_eq!(Cutoff::NEVER.or_longer(Cutoff::NEVER), Cutoff::NEVER);
    /// ```
    #[must_use]
    pub fn or_longer(self, other: Cutoff) -> Cutoff {
        match (self.0, other.0) {
            (Some(one), Some(other)) => Cutoff(Some(one.min(other))),
            (one, other) => Cutoff(one.or(other)),
        }
    }

    /// Whether it may be done now.
    #[must_use]
    pub fn allows(self, start: Moment, now: Moment) -> bool {
        self.until(start).is_some_and(|until| now <= until)
    }
}

impl Agreed {
    /// What a client may do with the booking, where the salon's terms are these by now: what it shortened is for bookings made
    /// since then, what it made longer is for all.
    #[must_use]
    pub fn permissions(&self, now: &ChangeTerms, prepaid: bool) -> Permissions {
        let (then, now) = (
            if prepaid { self.prepaid } else { self.unpaid },
            now.permissions(prepaid),
        );
        Permissions {
            cancel: then.cancel.or_longer(now.cancel),
            moving: then.moving.or_longer(now.moving),
        }
    }
}

impl ChangeTerms {
    /// What of them stays with a booking that is made now.
    #[must_use]
    pub fn agreed(&self) -> Agreed {
        Agreed {
            unpaid: self.unpaid,
            prepaid: self.prepaid,
        }
    }

    /// What a client may do with a booking that was or was not paid for online.
    #[must_use]
    pub fn permissions(&self, prepaid: bool) -> Permissions {
        if prepaid { self.prepaid } else { self.unpaid }
    }
}

/// Until the start.
impl Default for Cutoff {
    fn default() -> Cutoff {
        Cutoff(Some(0))
    }
}

impl TryFrom<Option<u16>> for Cutoff {
    type Error = &'static str;
    fn try_from(hours: Option<u16>) -> Result<Cutoff, &'static str> {
        match hours {
            None => Ok(Cutoff::NEVER),
            Some(hours) => Cutoff::hours(hours).ok_or("at most 720 hours before the start"),
        }
    }
}

impl From<Cutoff> for Option<u16> {
    fn from(cutoff: Cutoff) -> Option<u16> {
        cutoff.0
    }
}
