//! A past for the demo salon, for measuring: paid bookings of two years, with what Stripe listed of them.

use domain::id::SalonSlug;
use sqlx::AnyConnection;

use crate::{app::App, store::StoreError};

/// What of its services were booked: name, minutes, price and who did it.
const SERVICES: [(&str, i64, i64, &str); 6] = [
    ("Cut and finish", 45, 4800, "emp_anna"),
    ("Cut and finish", 45, 4800, "emp_jonas"),
    ("Colour", 120, 9500, "emp_mira"),
    ("Balayage", 180, 18_000, "emp_anna"),
    ("Clear skin facial", 60, 7200, "emp_lea"),
    ("Beard trim", 20, 1800, "emp_jonas"),
];
/// Milliseconds of two years.
const SPAN: i64 = 2 * 365 * 24 * 3_600_000;

/// Writes `count` paid bookings, one statement a service and table. Every twentieth was refunded in half.
///
/// # Errors
/// [`StoreError`].
pub async fn write(app: &App, salon: &SalonSlug, count: i64) -> Result<(), StoreError> {
    let now = app.now().0;
    let mut write = app.store.write().await?;
    let kinds = i64::try_from(SERVICES.len()).unwrap_or(1);
    for (kind, (name, minutes, price, employee)) in (0_i64..).zip(SERVICES) {
        let of = Of {
            salon: salon.as_str(),
            kind,
            kinds,
            count,
            step: SPAN / count.max(1),
            now,
        };
        let db = write.conn();
        let quote = format!(
            "{{\"price\":{{\"minor\":{price},\"currency\":\"EUR\"}},\"from\":false,\"offer\":{{\"kind\":\"at_salon\"}},\"reasons\":[]}}"
        );
        of.run(db, BOOKINGS, &[&quote, employee], &[minutes * 60_000])
            .await?;
        of.run(db, LINES, &[name], &[minutes, price]).await?;
        of.run(db, ATTEMPTS, &[], &[price]).await?;
        of.run(db, PAID_FOR, &[name], &[price]).await?;
        of.run(db, CAPTURED, &[], &[price]).await?;
        of.run(db, REFUNDED, &[], &[price / 2]).await?;
        of.run(db, SETTLED, &[], &[price, 25 + price * 15 / 1000]).await?;
    }
    write.commit().await
}

/// Which rows a statement writes: those of one kind of service.
struct Of<'a> {
    salon: &'a str,
    kind: i64,
    kinds: i64,
    count: i64,
    step: i64,
    now: i64,
}

/// Begins each statement: `n.i` counts, `n.at` is when.
macro_rules! each {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE n (i, at) AS (SELECT CAST($1 AS BIGINT), $4 - $1 * $5 UNION ALL \
             SELECT i + $2, at - $2 * $5 FROM n WHERE i + $2 < $3) ",
            $rest
        )
    };
}

const BOOKINGS: &str = each!(
    "INSERT INTO booking (id, salon, reference, version, state, employee, starts, ends, client_name, email, phone, note, \
     language, quote, created, sought) SELECT 'bkg_h' || i, $6, 'H' || i, 1, 'booked', $8, at, at + $9, 'Ada Lovelace', '', '', '', \
     'en', $7, at, 'ada lovelace' FROM n"
);
const LINES: &str = each!(
    "INSERT INTO booking_line (booking, position, name, minutes, price, is_from) SELECT 'bkg_h' || i, 0, $7, $8, $9, 0 FROM n \
     WHERE $6 <> ''"
);
const ATTEMPTS: &str = each!(
    "INSERT INTO attempt (id, booking, salon, sum, currency, state, confirmation_token, intent, charge, refunded, created, mode, \
     way, employee) SELECT 'pay_h' || i, 'bkg_h' || i, $6, $7, 'EUR', 'succeeded', '', 'pi_h' || i, 'ch_h' || i, \
     CASE WHEN i % 20 = 0 THEN $7 / 2 ELSE 0 END, at, (SELECT o.mode FROM salon o WHERE o.slug = $6), 'link', \
     (SELECT b.employee FROM booking b WHERE b.id = 'bkg_h' || i) FROM n"
);
const PAID_FOR: &str = each!(
    "INSERT INTO attempt_line (attempt, position, name, price) SELECT 'pay_h' || i, 0, $7, $8 FROM n WHERE $6 <> ''"
);
const CAPTURED: &str = each!(
    "INSERT INTO ledger (id, salon, attempt, kind, sum, currency, source, at) \
     SELECT 'pay_h' || i || ':captured', $6, 'pay_h' || i, 'captured', $7, 'EUR', 'ch_h' || i, at FROM n"
);
const REFUNDED: &str = each!(
    "INSERT INTO ledger (id, salon, attempt, kind, sum, currency, source, at) \
     SELECT 're_h' || i || ':refunded', $6, 'pay_h' || i, 'refunded', $7, 'EUR', 're_h' || i, at FROM n WHERE i % 20 = 0"
);
const SETTLED: &str = each!(
    "INSERT INTO settled (salon, id, kind, source, amount, fee, currency, created, mode) \
     SELECT $6, 'txn_h' || i, 'charge', 'ch_h' || i, $7, $8, 'EUR', at / 1000, (SELECT o.mode FROM salon o WHERE o.slug = $6) FROM n"
);

impl Of<'_> {
    async fn run(
        &self,
        db: &mut AnyConnection,
        sql: &'static str,
        texts: &[&str],
        numbers: &[i64],
    ) -> Result<(), StoreError> {
        if self.kind >= self.count {
            return Ok(());
        }
        let mut query = sqlx::query(sql)
            .bind(self.kind)
            .bind(self.kinds)
            .bind(self.count)
            .bind(self.now)
            .bind(self.step)
            .bind(self.salon.to_owned());
        for text in texts {
            query = query.bind((*text).to_owned());
        }
        for number in numbers {
            query = query.bind(*number);
        }
        query.execute(db).await?;
        Ok(())
    }
}
