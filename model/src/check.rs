//! Hands a protocol to stateright, and takes its figures.

use std::time::{Duration, Instant};

use domain::payment::BookingState;
use stateright::{Checker, Model, Property};

use crate::{
    pair::Which,
    properties::{ALWAYS, Holds, SOMETIMES, SOMETIMES_CONFIRMED_AGAIN},
    protocol::Protocol,
    step::Action,
    world::World,
};

/// What an exploration came to.
#[derive(Debug)]
pub struct Figures {
    /// Different moments.
    pub states: usize,
    /// Steps taken, many of them to moments known before.
    pub steps: usize,
    /// The longest way from the beginning, in steps.
    pub depth: usize,
    /// How long it took.
    pub time: Duration,
    /// What is broken.
    pub broken: Vec<&'static str>,
    /// What was never reached.
    pub unreached: Vec<&'static str>,
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let mut world = World::default();
        if self.visit {
            world.slot = Some(Which::One);
            world.clients.one.booking = Some(BookingState::Booked);
        }
        vec![world]
    }

    fn actions(&self, state: &World, actions: &mut Vec<Action>) {
        self.possible(state, actions);
    }

    fn next_state(&self, before: &World, action: Action) -> Option<World> {
        let after = self.after(before, action);
        let alike = self.two_clients && self.both_try_twice;
        Some(if alike { after.representative() } else { after })
    }

    fn properties(&self) -> Vec<Property<Protocol>> {
        let always = ALWAYS.map(|(name, holds)| Property::<Protocol>::always(name, holds));
        let sometimes = SOMETIMES.map(|(name, holds)| Property::<Protocol>::sometimes(name, holds));
        let (name, holds) = SOMETIMES_CONFIRMED_AGAIN;
        let again = self
            .world
            .confirmed_again
            .then(|| Property::<Protocol>::sometimes(name, holds));
        always.into_iter().chain(sometimes).chain(again).collect()
    }
}

/// Explores all of it, on so many threads.
#[must_use]
pub fn explore(protocol: Protocol, threads: usize) -> Figures {
    let begun = Instant::now();
    let checker = protocol.checker().threads(threads).spawn_bfs().join();
    let found = checker.discoveries();
    let names = |of: &[(&'static str, Holds)]| of.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let mut wanted = names(&SOMETIMES);
    if protocol.world.confirmed_again {
        wanted.push(SOMETIMES_CONFIRMED_AGAIN.0);
    }
    wanted.retain(|name| !found.contains_key(name));
    let mut broken = names(&ALWAYS);
    broken.retain(|name| found.contains_key(name));
    Figures {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        time: begun.elapsed(),
        broken,
        unreached: wanted,
    }
}

/// The shortest way to where this is broken; `None` when there is none in so many steps.
#[must_use]
pub fn shortest(protocol: Protocol, broken: &str, most: usize) -> Option<Vec<Action>> {
    // A whole exploration tells the last way that it finds, not the first.
    (1..=most + 1).find_map(|depth| {
        let checker = protocol.checker().target_max_depth(depth + 1).spawn_bfs().join();
        let mut found = checker.discoveries().into_iter();
        let path = found.find_map(|(name, path)| (name == broken).then_some(path));
        path.map(stateright::Path::into_actions)
    })
}
