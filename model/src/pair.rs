//! Two of a kind, without an index that could be out of bounds.

/// Which of the two.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Which {
    /// The first.
    One,
    /// The second.
    Two,
}

/// Two of a kind.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Pair<T> {
    /// The first.
    pub one: T,
    /// The second.
    pub two: T,
}

impl Which {
    /// Both, in order.
    pub const BOTH: [Which; 2] = [Which::One, Which::Two];

    /// The other one.
    #[must_use]
    pub fn other(self) -> Which {
        match self {
            Which::One => Which::Two,
            Which::Two => Which::One,
        }
    }
}

impl<T> Pair<T> {
    /// That one.
    #[must_use]
    pub fn get(&self, which: Which) -> &T {
        match which {
            Which::One => &self.one,
            Which::Two => &self.two,
        }
    }

    /// That one, to be changed.
    pub fn get_mut(&mut self, which: Which) -> &mut T {
        match which {
            Which::One => &mut self.one,
            Which::Two => &mut self.two,
        }
    }

    /// Both, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.one, &self.two].into_iter()
    }
}
