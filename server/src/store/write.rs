//! Writing: on PostgreSQL side by side, kept apart by the version of each booking; on SQLite one after the other, in a line
//! (`line.rs`).

use sqlx::{Any, AnyConnection, Transaction};

use super::{StoreError, line::Turn};

/// A transaction that may write. Dropped without [`Write::commit`], nothing of it remains.
#[derive(Debug)]
pub struct Write(Kind);

#[derive(Debug)]
enum Kind {
    Own(Transaction<'static, Any>),
    Turn(Turn),
}

impl Write {
    /// The connection of this transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        match &mut self.0 {
            Kind::Own(tx) => tx,
            Kind::Turn(turn) => turn.conn(),
        }
    }

    /// Makes it last: returns when it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing of it remains.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            Kind::Own(tx) => Ok(tx.commit().await?),
            Kind::Turn(turn) => turn.commit().await,
        }
    }
}

impl From<Transaction<'static, Any>> for Write {
    fn from(tx: Transaction<'static, Any>) -> Write {
        Write(Kind::Own(tx))
    }
}

impl From<Turn> for Write {
    fn from(turn: Turn) -> Write {
        Write(Kind::Turn(turn))
    }
}
