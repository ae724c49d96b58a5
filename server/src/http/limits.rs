//! How much one address may do, so that nobody tries stolen cards here, blocks a salon's times, or wears the server out.
//!
//! Each kind of thing has a [`Rate`]: so many at once, and then one more every so often (GCRA, as in ATM networks and in the
//! crate `governor`). What must hold whatever the address, and across processes, is counted in the database
//! (`handlers/confirm.rs`).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use domain::time::Moment;

use super::peer::Client;
use crate::api::error::{ApiError, Code};
use crate::config::doors::counted;

/// More addresses than this are not remembered, for each kind of thing.
const MOST: usize = 20_000;

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum What {
    /// Any page or call.
    Call,
    /// Taking a slot.
    Hold,
    /// Trying a card, or booking without.
    Confirm,
    /// A card that was declined.
    Decline,
    /// Trying a password.
    SignIn,
}

/// How often something may be done.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// So many at once.
    pub burst: i64,
    /// And then one more after so many milliseconds.
    pub every: i64,
}

/// What each address has done of late. Cheap to clone; all clones count together.
#[derive(Clone, Debug, Default)]
pub struct Limits(Option<Arc<Mutex<Table>>>);

/// For each address and thing when it will have paid for all it did: milliseconds since 1970.
type Table = HashMap<(What, IpAddr), i64>;

impl What {
    /// How often one address may do it. Many people may share one: a salon's guests, or all of a mobile provider's clients in
    /// a town.
    #[must_use]
    pub fn rate(self) -> Rate {
        let (burst, every) = match self {
            What::Call => (240, 250),
            // 60 an hour.
            What::Hold | What::Confirm => (12, 60_000),
            // 10 an hour.
            What::Decline => (10, 360_000),
            // 60 an hour.
            What::SignIn => (20, 60_000),
        };
        Rate { burst, every }
    }
}

impl Limits {
    /// Limits that count.
    #[must_use]
    pub fn counting() -> Limits {
        Limits(Some(Arc::default()))
    }

    /// Whether anything is counted.
    #[must_use]
    pub fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// Counts one, or refuses it. Where the address is not known, nothing is refused.
    ///
    /// # Errors
    /// `TooMany`, with the seconds until it may be done again. What is refused does not count.
    pub fn take(&self, what: What, client: Option<Client>, now: Moment) -> Result<(), ApiError> {
        self.count(what, client, now, true)
    }

    /// Whether one more may be done, without counting it.
    ///
    /// # Errors
    /// As [`Limits::take`].
    pub fn look(&self, what: What, client: Option<Client>, now: Moment) -> Result<(), ApiError> {
        self.count(what, client, now, false)
    }

    fn count(&self, what: What, client: Option<Client>, now: Moment, keep: bool) -> Result<(), ApiError> {
        let (Some(table), Some(Client(address))) = (&self.0, client) else {
            return Ok(());
        };
        let address = counted(address);
        // Who panicked with it in hand left a table that is still good.
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        let Rate { burst, every } = what.rate();
        let room = burst * every;
        let paid = match table.get_mut(&(what, address)) {
            Some(paid) => {
                // A clock that was set back must not lock anybody out.
                *paid = (*paid).min(now.0 + room);
                (*paid).max(now.0)
            }
            None => now.0,
        } + every;
        let over = paid - now.0 - room;
        if over > 0 {
            return Err(refusal(what, over));
        }
        if keep {
            if table.len() >= MOST {
                forget(&mut table, now);
            }
            table.insert((what, address), paid);
        }
        Ok(())
    }
}

/// Forgets those who have paid for all they did; if they are few, then also the half that did least.
fn forget(table: &mut Table, now: Moment) {
    table.retain(|_, paid| *paid > now.0);
    if table.len() < MOST / 2 {
        return;
    }
    let mut times: Vec<i64> = table.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    table.retain(|_, paid| *paid > median);
}

fn refusal(what: What, over: i64) -> ApiError {
    let seconds = u32::try_from(over.div_euclid(1_000) + 1).unwrap_or(u32::MAX);
    let sentence = match what {
        What::Call => "That was a lot at once. Wait a moment and try again.",
        What::Hold => "Many times were taken from your network. Wait a minute and try again.",
        What::Confirm => {
            "Many payments were tried from your network. Nothing was charged. Wait a minute and try again."
        }
        What::SignIn => "Many passwords were tried from your network. Wait a minute and try again.",
        What::Decline => {
            "Too many cards were declined from your network. Nothing was charged. Try again later, or call the salon."
        }
    };
    ApiError {
        field: matches!(what, What::Decline).then(|| "card".to_owned()),
        retry_after: Some(seconds),
        ..ApiError::new(Code::TooMany, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_793_606_400_000);

    fn client(number: u32) -> Option<Client> {
        Some(Client(IpAddr::V4(number.into())))
    }

    fn hold(limits: &Limits, number: u32, now: Moment) -> Option<u32> {
        let taken = limits.take(What::Hold, client(number), now);
        taken.err().map(|error| error.retry_after.unwrap())
    }

    #[test]
    fn so_many_at_once_and_one_more_each_minute() {
        let limits = Limits::counting();
        for _ in 0..12 {
            assert_eq!(hold(&limits, 1, NOW), None);
        }
        assert_eq!(hold(&limits, 1, NOW), Some(61));
        // What was refused did not count.
        assert_eq!(hold(&limits, 1, NOW.plus_millis(59_999)), Some(1));
        assert_eq!(hold(&limits, 1, NOW.plus_millis(60_000)), None);
        assert_eq!(hold(&limits, 1, NOW.plus_millis(60_000)), Some(61));
        // Others, other things, and those who stayed away have all of theirs.
        assert_eq!(hold(&limits, 2, NOW), None);
        assert!(limits.take(What::Confirm, client(1), NOW).is_ok());
        let later = NOW.plus_minutes(600);
        for _ in 0..12 {
            assert_eq!(hold(&limits, 1, later), None);
        }
        assert!(hold(&limits, 1, later).is_some());
    }

    #[test]
    fn looking_costs_nothing_and_no_limits_refuse_nothing() {
        let limits = Limits::counting();
        for _ in 0..100 {
            assert!(limits.look(What::Decline, client(1), NOW).is_ok());
            assert!(limits.take(What::Decline, None, NOW).is_ok());
            assert!(Limits::default().take(What::Decline, client(1), NOW).is_ok());
        }
        for _ in 0..10 {
            limits.take(What::Decline, client(1), NOW).unwrap();
        }
        let error = limits.look(What::Decline, client(1), NOW).unwrap_err();
        assert_eq!((error.code, error.retry_after), (Code::TooMany, Some(361)));
        assert_eq!(error.field.as_deref(), Some("card"));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let limits = Limits::counting();
        for _ in 0..12 {
            hold(&limits, 1, NOW);
        }
        let before = NOW.plus_minutes(-6_000);
        assert_eq!(hold(&limits, 1, before), Some(61));
        assert_eq!(hold(&limits, 1, before.plus_minutes(1)), None);
    }

    #[test]
    fn a_crowd_of_addresses_is_forgotten_before_the_one_that_did_much() {
        let limits = Limits::counting();
        for _ in 0..12 {
            hold(&limits, 0, NOW);
        }
        for number in 1..200_000 {
            hold(&limits, number, NOW);
        }
        let size = limits.0.as_ref().unwrap().lock().unwrap().len();
        assert!(size <= MOST, "{size}");
        assert!(hold(&limits, 0, NOW).is_some());
    }
}
