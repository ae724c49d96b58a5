-- The books of money: refunds in every state, disputes, and what Stripe says it moved.

-- Set aside for refunds that Stripe does not know of yet. `refunded` is what Stripe has given back.
ALTER TABLE attempt ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0;

-- Where the salon's own letters go; empty: nowhere.
ALTER TABLE salon ADD COLUMN email TEXT NOT NULL DEFAULT '';

-- Until when Stripe's list of movements was read (seconds since 1970), and when it is read next (milliseconds).
ALTER TABLE salon ADD COLUMN settled_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE salon ADD COLUMN settle_at BIGINT NOT NULL DEFAULT 0;

-- Only ever added to. The id says what was seen (`re_…:refunded`), so that seen twice is booked once.
CREATE TABLE ledger (
    id TEXT NOT NULL,
    salon TEXT NOT NULL REFERENCES salon (slug),
    attempt TEXT NOT NULL REFERENCES attempt (id),
    kind TEXT NOT NULL
        CHECK (kind IN ('captured', 'refunded', 'refund_failed', 'dispute_withdrawn', 'dispute_reinstated')),
    sum BIGINT NOT NULL CHECK (sum > 0),
    currency TEXT NOT NULL,
    source TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (salon, id)
);
CREATE INDEX ledger_by_attempt ON ledger (attempt);
CREATE INDEX ledger_by_time ON ledger (salon, at);

-- Stripe's balance transactions, as they are listed.
CREATE TABLE settled (
    salon TEXT NOT NULL REFERENCES salon (slug),
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('charge', 'refund', 'refund_failure', 'adjustment', 'payout', 'other')),
    source TEXT NOT NULL,
    amount BIGINT NOT NULL,
    fee BIGINT NOT NULL,
    currency TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (salon, id)
);
CREATE INDEX settled_by_source ON settled (salon, source);

CREATE TABLE dispute (
    salon TEXT NOT NULL REFERENCES salon (slug),
    id TEXT NOT NULL,
    attempt TEXT NOT NULL REFERENCES attempt (id),
    sum BIGINT NOT NULL CHECK (sum > 0),
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Seconds since 1970: when Stripe said so, and until when it must be answered.
    seen_at BIGINT NOT NULL,
    due_by BIGINT,
    PRIMARY KEY (salon, id)
);
CREATE INDEX dispute_by_attempt ON dispute (attempt);

CREATE TABLE payout (
    salon TEXT NOT NULL REFERENCES salon (slug),
    id TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Seconds since 1970.
    seen_at BIGINT NOT NULL,
    arrives BIGINT NOT NULL,
    PRIMARY KEY (salon, id)
);

CREATE INDEX attempt_by_charge ON attempt (charge) WHERE charge IS NOT NULL;
CREATE INDEX refund_by_attempt ON refund (attempt);
CREATE INDEX salon_to_settle ON salon (settle_at);

-- What was paid before there was a ledger.
INSERT INTO ledger (id, salon, attempt, kind, sum, currency, source, at)
SELECT id || ':captured', salon, id, 'captured', sum, currency, COALESCE(charge, ''), created
FROM attempt WHERE state = 'succeeded';
INSERT INTO ledger (id, salon, attempt, kind, sum, currency, source, at)
SELECT r.stripe_id || ':refunded', a.salon, a.id, 'refunded', r.sum, a.currency, r.stripe_id, r.created
FROM refund r JOIN attempt a ON a.id = r.attempt WHERE r.stripe_id LIKE 're_%' AND r.state IN ('pending', 'requires_action', 'succeeded');
UPDATE attempt SET reserved = (
    SELECT COALESCE(SUM(r.sum), 0) FROM refund r WHERE r.attempt = attempt.id AND r.state = 'created'
);
