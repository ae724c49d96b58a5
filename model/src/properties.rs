//! What must hold in every moment, and which moments must be reached for that to mean something.

use domain::{
    payment::{AttemptState, BookingState, Effect},
    refund::RefundState,
};

use crate::{
    calm::{is_closed, is_settled},
    pair::Which,
    protocol::Protocol,
    stripe::Outcome,
    world::{Answer, Attempt, Client, Intent, Stage, World},
};

/// A moment's property.
pub type Holds = fn(&Protocol, &World) -> bool;

/// What must hold always.
pub const ALWAYS: [(&str, Holds); 14] = [
    ("one capture kept for a booking", one_capture_kept),
    ("charged once unless the payer confirms again", charged_once),
    ("one capture of an attempt", |_, world| {
        attempts(world).all(|(_, of)| of.captures <= 1)
    }),
    ("money has a booking or goes back", money_has_a_purpose),
    ("the ledger says what the rows say", |_, world| {
        attempts(world).all(|(_, of)| {
            let back = of.refund.is_some_and(RefundState::is_out);
            of.ledger.captured <= 1 && of.ledger.sum() == i16::from(of.is_paid()) - i16::from(back)
        })
    }),
    ("no two bookings in a slot", one_booking_in_a_slot),
    ("no more given back than was taken", |_, world| {
        attempts(world).all(|(_, of)| of.refund_rows <= of.captures)
    }),
    ("an open payment has its slot", |_, world| {
        Which::BOTH
            .into_iter()
            .all(|c| !world.clients.get(c).has_open() || world.slot == Some(c))
    }),
    ("one open attempt of a booking", |_, world| {
        world
            .clients
            .iter()
            .all(|client| count(client, Attempt::is_open) <= 1)
    }),
    ("nothing was taken where we say so", ended_honestly),
    ("a running hold can be paid", |protocol, world| {
        world
            .clients
            .iter()
            .all(|client| !is_held(client) || !protocol.refuses_as_paid(client))
    }),
    (
        "a running hold's payment is not ended by the clock",
        |_, world| {
            let early = |stage| matches!(stage, Stage::Cancel { early: true, .. });
            !world.calls.iter().any(|call| early(call.stage))
        },
    ),
    ("left alone, all money becomes known", |protocol, world| {
        rests(protocol, world, is_settled)
    }),
    ("left alone, nothing stays open", |protocol, world| {
        rests(protocol, world, is_closed)
    }),
];

/// What must be possible.
pub const SOMETIMES: [(&str, Holds); 8] = [
    ("paid too late, and given back", |_, world| {
        world.clients.iter().any(|client| {
            client.booking == Some(BookingState::Expired) && client.attempts.iter().any(is_given_back)
        })
    }),
    ("paid too late, and the slot taken again", |protocol, world| {
        Which::BOTH.into_iter().any(|c| {
            Which::BOTH.into_iter().any(|a| {
                let paid = world.attempt(c, a).intent == Intent::Succeeded;
                let step = protocol.weigh(world, c, a, Answer::Succeeded);
                paid && step.is_some_and(|step| step.effects.contains(&Effect::RetakeSlot))
            })
        })
    }),
    ("died between the call and the row", |_, world| {
        let left = |of: &Attempt| of.intent == Intent::Succeeded && of.row == Some(AttemptState::Created);
        world.calls.is_empty() && attempts(world).any(|(_, of)| left(of))
    }),
    ("an event before our own commit", |protocol, world| {
        world.calls.iter().any(|call| {
            let (c, a) = (call.client, call.attempt);
            let succeeded = matches!(
                call.stage,
                Stage::Heard {
                    answer: Answer::Succeeded,
                    ..
                }
            );
            succeeded && protocol.is_news(world, c, a, Answer::Succeeded, true)
        })
    }),
    ("both clients paid", |_, world| {
        world
            .clients
            .iter()
            .all(|client| client.attempts.iter().any(|of| of.captures > 0))
    }),
    ("a declined card, then another that pays", |_, world| {
        world.clients.iter().any(|client| {
            client.attempts.one.row == Some(AttemptState::Declined) && client.attempts.two.is_paid()
        })
    }),
    ("an open payment keeps a slot whose hold is over", |_, world| {
        world
            .clients
            .iter()
            .any(|client| client.over && client.has_open())
    }),
    ("a request that nobody waits for takes the money", |_, world| {
        attempts(world).any(|(_, of)| of.late)
    }),
];

/// What can be reached only where payers confirm again.
pub const SOMETIMES_CONFIRMED_AGAIN: (&str, Holds) = ("paid twice, and given back once", |_, world| {
    let both = |client: &Client| client.attempts.iter().all(Attempt::is_paid);
    world.clients.iter().any(|client| {
        both(client) && count(client, Attempt::is_kept) == 1 && client.attempts.iter().any(is_given_back)
    })
});

fn attempts(world: &World) -> impl Iterator<Item = (&Client, &Attempt)> {
    world
        .clients
        .iter()
        .flat_map(|client| client.attempts.iter().map(move |attempt| (client, attempt)))
}

fn count(client: &Client, is: impl Fn(&Attempt) -> bool) -> usize {
    client.attempts.iter().filter(|attempt| is(attempt)).count()
}

fn is_given_back(of: &Attempt) -> bool {
    of.given_back.is_some() && of.refund == of.given_back
}

fn is_held(client: &Client) -> bool {
    client.booking == Some(BookingState::Held)
}

/// By our books: of what we know to be taken, at most one sum is without a refund.
fn one_capture_kept(_: &Protocol, world: &World) -> bool {
    world
        .clients
        .iter()
        .all(|client| count(client, Attempt::is_kept) <= 1)
}

/// By Stripe's: a second sum is taken only if the payer has confirmed a declined intent once more, or Stripe gave no answer for
/// a day.
fn charged_once(protocol: &Protocol, world: &World) -> bool {
    let taken = |client: &Client| -> usize {
        let kept = client.attempts.iter().filter(|of| of.refund.is_none());
        kept.map(|of| usize::from(of.captures)).sum()
    };
    protocol.world.confirmed_again
        || protocol.world.forgets
        || world.clients.iter().all(|client| taken(client) <= 1)
}

fn money_has_a_purpose(_: &Protocol, world: &World) -> bool {
    attempts(world).all(|(client, of)| !of.is_kept() || client.booking == Some(BookingState::Booked))
}

fn one_booking_in_a_slot(_: &Protocol, world: &World) -> bool {
    let has_it = |c: &Which| {
        let booking = world.clients.get(*c).booking;
        matches!(booking, Some(BookingState::Held | BookingState::Booked))
    };
    Which::BOTH
        .iter()
        .filter(|c| has_it(c))
        .all(|c| world.slot == Some(*c))
}

/// Where a payer was told that nothing was charged, nothing was. After a day without an answer only Stripe's list tells.
fn ended_honestly(protocol: &Protocol, world: &World) -> bool {
    let dishonest = |of: &Attempt| of.row == Some(AttemptState::Canceled) && of.captures > 0;
    protocol.world.forgets || !attempts(world).any(|(_, of)| dishonest(of))
}

/// Whatever happened so far: if from now on nothing is lost and nobody dies, the worker alone gets to where this is so, with every
/// kind of answer that Stripe may give, and without a single webhook.
fn rests(protocol: &Protocol, world: &World, is: impl Fn(&World) -> bool) -> bool {
    [Outcome::Takes, Outcome::Declines, Outcome::WantsAction]
        .into_iter()
        .all(|outcome| protocol.rest(world, outcome).is_some_and(|rest| is(&rest)))
}
