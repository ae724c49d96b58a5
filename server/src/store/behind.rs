//! What stands behind the figures of reports, entry by entry, and whose it is.

use domain::{
    currency::Currency,
    id::{AttemptId, BookingId, SalonSlug},
    time::Moment,
};
use sqlx::{AnyPool, FromRow};

use super::StoreError;

/// Which entries are asked for. An empty text: any.
#[derive(Clone, Debug)]
pub struct Behind {
    /// The first moment.
    pub from: Moment,
    /// The first moment after it.
    pub to: Moment,
    /// Where the page before ended: the moment and the id of its last entry.
    pub before: Option<(Moment, String)>,
    /// A service or product, by the name it was booked under.
    pub service: String,
    /// Who did it.
    pub employee: String,
    /// `online`, `link` or `fee`.
    pub way: String,
    /// Kinds ([`Entered::kind`]) with spaces between them.
    pub kinds: String,
}

/// An entry, and whose.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Its id: of entries of the same moment, the greater one comes first.
    pub id: String,
    /// When.
    pub at: Moment,
    /// What: `captured`, `refunded`, …; `stripe_fee`; `kept` for what was kept of a payment as a fee.
    pub kind: String,
    /// How much, in minor units; negative where it left the salon.
    pub signed: i64,
    /// The currency.
    pub currency: Currency,
    /// The payment.
    pub attempt: AttemptId,
    /// The service or product that a refund is of, if of one alone.
    pub service: Option<String>,
    /// The booking.
    pub booking: BookingId,
    /// The client.
    pub client: String,
}

/// One of the three sources of entries, each read as far as a page goes: `m` is its table, `a` the payment.
macro_rules! entries {
    ($columns:literal, $from:literal, $service:literal, $time:literal, $kinds:literal, $order:literal) => {
        concat!(
            "SELECT id, at, kind, sum, currency, attempt, booking, client, service FROM (SELECT m.id AS id, ",
            $columns,
            ", m.currency AS currency, a.id AS attempt, b.id AS booking, b.client_name AS client, ",
            $service,
            " AS service FROM ",
            $from,
            " JOIN booking b ON b.id = a.booking \
             JOIN salon s ON s.slug = a.salon AND s.mode = a.mode WHERE m.salon = $1 AND ",
            $time,
            " AND ($4 = '' OR $4 = ",
            $service,
            " OR (",
            $service,
            " IS NULL \
             AND EXISTS (SELECT 1 FROM attempt_line n WHERE n.attempt = a.id AND n.name = $4))) \
             AND ($5 = '' OR a.employee = $5) AND ($6 = '' OR a.way = $6) AND ($9 = '' OR ",
            $kinds,
            ") ORDER BY ",
            $order,
            " DESC, m.id DESC LIMIT $7) AS part"
        )
    };
}

/// What stands behind a figure, the latest first: what the ledger says, Stripe's fees, and what was kept of payments.
///
/// # Errors
/// [`StoreError`].
pub async fn behind(
    db: &AnyPool,
    salon: &SalonSlug,
    which: &Behind,
    most: i64,
) -> Result<Vec<Entered>, StoreError> {
    let (until, id) = match &which.before {
        Some((at, id)) => (at.0, id.as_str()),
        None => (which.to.0, ""),
    };
    let rows: Vec<EnteredRow> = sqlx::query_as(concat!(
        "SELECT id, at, kind, sum, currency, attempt, booking, client, service FROM (",
        entries!(
            "m.at AS at, m.kind AS kind, m.sum AS sum",
            "ledger m JOIN attempt a ON a.id = m.attempt",
            "(SELECT r.service FROM refund r WHERE r.stripe_id = m.source)",
            "m.at >= $2 AND m.at <= $3 AND (m.at < $3 OR m.id < $8)",
            "$9 LIKE '%' || m.kind || '%' OR ($9 = 'kept' AND a.way = 'fee')",
            "m.at"
        ),
        " UNION ALL ",
        entries!(
            "m.created * 1000 AS at, 'stripe_fee' AS kind, m.fee AS sum",
            "settled m JOIN attempt a ON a.id = COALESCE(\
             (SELECT c.id FROM attempt c WHERE c.charge = m.source AND c.salon = m.salon LIMIT 1), \
             (SELECT r.attempt FROM refund r JOIN attempt c ON c.id = r.attempt \
             WHERE r.stripe_id = m.source AND c.salon = m.salon LIMIT 1), \
             (SELECT d.attempt FROM dispute d WHERE d.id = m.source AND d.salon = m.salon LIMIT 1))",
            "CAST(NULL AS TEXT)",
            "m.fee <> 0 AND m.created >= $2 / 1000 AND m.created <= $3 / 1000 AND (m.created * 1000 < $3 OR m.id < $8)",
            "$9 = 'stripe_fee'",
            "m.created"
        ),
        " UNION ALL ",
        entries!(
            "m.created AS at, 'kept' AS kind, m.rolled_kept AS sum",
            "fee m JOIN attempt a ON a.id = m.kept_of",
            "CAST(NULL AS TEXT)",
            "m.rolled_kept <> 0 AND m.created >= $2 AND m.created <= $3 AND (m.created < $3 OR m.id < $8)",
            "$9 = 'kept'",
            "m.created"
        ),
        ") AS everything ORDER BY at DESC, id DESC LIMIT $7"
    ))
    .bind(salon.as_str())
    .bind(which.from.0)
    .bind(until)
    .bind(&which.service)
    .bind(&which.employee)
    .bind(&which.way)
    .bind(most)
    .bind(id)
    .bind(&which.kinds)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(EnteredRow::read).collect()
}

#[derive(FromRow)]
struct EnteredRow {
    id: String,
    at: i64,
    kind: String,
    sum: i64,
    currency: String,
    attempt: String,
    booking: String,
    client: String,
    service: Option<String>,
}

impl EnteredRow {
    fn read(self) -> Result<Entered, StoreError> {
        let sign = if matches!(
            self.kind.as_str(),
            "refunded" | "dispute_withdrawn" | "stripe_fee"
        ) {
            -1
        } else {
            1
        };
        Ok(Entered {
            id: self.id,
            at: Moment(self.at),
            signed: self.sum * sign,
            kind: self.kind,
            currency: Currency::parse(&self.currency).map_err(StoreError::damaged)?,
            attempt: AttemptId::parse(&self.attempt).map_err(StoreError::damaged)?,
            service: self.service,
            booking: BookingId::parse(&self.booking).map_err(StoreError::damaged)?,
            client: self.client,
        })
    }
}

/// The payment that a charge, a refund or a dispute of Stripe's is of: whose, and in which currency.
#[derive(Clone, Debug)]
pub struct PaymentOf {
    /// The booking.
    pub booking: BookingId,
    /// The client.
    pub client: String,
    /// The currency of its sums.
    pub currency: Currency,
}

/// See [`PaymentOf`]; `None` when it is of nothing that is known here.
///
/// # Errors
/// [`StoreError`].
pub async fn payment_of(
    db: &AnyPool,
    salon: &SalonSlug,
    source: &str,
) -> Result<Option<PaymentOf>, StoreError> {
    let row: Option<(String, String, String)> = sqlx::query_as(
        "SELECT b.id, b.client_name, a.currency FROM attempt a JOIN booking b ON b.id = a.booking WHERE a.salon = $1 AND a.id IN \
         (SELECT id FROM attempt WHERE charge = $2 UNION ALL SELECT id FROM attempt WHERE intent = $2 \
         UNION ALL SELECT attempt FROM refund WHERE stripe_id = $2 \
         UNION ALL SELECT attempt FROM dispute WHERE salon = $1 AND id = $2) LIMIT 1",
    )
    .bind(salon.as_str())
    .bind(source)
    .fetch_optional(db)
    .await?;
    row.map(|(booking, client, currency)| {
        Ok(PaymentOf {
            booking: BookingId::parse(&booking).map_err(StoreError::damaged)?,
            client,
            currency: Currency::parse(&currency).map_err(StoreError::damaged)?,
        })
    })
    .transpose()
}
