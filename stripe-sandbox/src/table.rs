//! Objects of one kind in order of creation, found by id.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a table holds.
pub trait Row {
    fn id(&self) -> &str;
    /// Seconds since 1970.
    fn created(&self) -> i64;
}

/// Rows in order of creation. Rows leave at the old end only (a bounded history); a deletion is a mark on the row.
pub struct Table<T> {
    rows: VecDeque<T>,
    /// Number of rows that have left.
    gone: usize,
    index: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: VecDeque::new(),
            gone: 0,
            index: HashMap::new(),
        }
    }
}

impl<T: Row> Table<T> {
    pub fn insert(&mut self, row: T) {
        self.index
            .insert(row.id().to_owned(), self.gone + self.rows.len());
        self.rows.push_back(row);
    }

    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.position(id)?)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let position = self.position(id)?;
        self.rows.get_mut(position)
    }

    pub fn position(&self, id: &str) -> Option<usize> {
        self.index.get(id)?.checked_sub(self.gone)
    }

    pub fn at(&self, position: usize) -> Option<&T> {
        self.rows.get(position)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.iter()
    }

    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.rows.iter_mut()
    }

    /// Forgets the oldest rows beyond `limit`.
    pub fn keep(&mut self, limit: usize) {
        while self.rows.len() > limit {
            if let Some(row) = self.rows.pop_front() {
                self.index.remove(row.id());
                self.gone += 1;
            }
        }
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.rows)
    }
}

impl<'de, T: Row + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Self::default();
        for row in Vec::<T>::deserialize(deserializer)? {
            table.insert(row);
        }
        Ok(table)
    }
}
