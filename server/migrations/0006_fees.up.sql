-- Cancelling, moving, not coming: the fees for it, and the cards saved for them.

-- What clients may change online and until when, and how fees are taken.
ALTER TABLE salon ADD COLUMN changes TEXT NOT NULL DEFAULT '{}';

-- When the salon noted that the client did not come.
ALTER TABLE booking ADD COLUMN missed BIGINT;
CREATE INDEX booking_missed ON booking (salon, email) WHERE missed IS NOT NULL;

-- The address where a client looks after a booking. The token itself is encrypted, for the letters to come.
CREATE TABLE manage_link (
    booking TEXT PRIMARY KEY REFERENCES booking (id),
    token_hash TEXT NOT NULL UNIQUE,
    sealed TEXT NOT NULL
);

-- What an attempt pays. Of each at most one may still take money.
ALTER TABLE attempt ADD COLUMN purpose TEXT NOT NULL DEFAULT 'booking' CHECK (purpose IN ('booking', 'fee'));
DROP INDEX attempt_one_open;
CREATE UNIQUE INDEX attempt_one_open ON attempt (booking, purpose)
    WHERE state IN ('created', 'unknown', 'requires_action', 'processing');

-- A card that was saved with an attempt, and what the client agreed to when it was.
CREATE TABLE saved_card (
    attempt TEXT PRIMARY KEY REFERENCES attempt (id),
    -- Stripe's `cus_…` and `pm_…`, once known.
    customer TEXT,
    payment_method TEXT,
    consent_text TEXT NOT NULL,
    consent_version BIGINT NOT NULL,
    consent_language TEXT NOT NULL,
    consented BIGINT NOT NULL
);

CREATE TABLE fee (
    id TEXT PRIMARY KEY,
    booking TEXT NOT NULL REFERENCES booking (id),
    salon TEXT NOT NULL REFERENCES salon (slug),
    cause TEXT NOT NULL CHECK (cause IN ('cancelled', 'missed')),
    sum BIGINT NOT NULL CHECK (sum > 0),
    -- What of it stays of the payment, and the attempt that is of; what is charged besides.
    kept BIGINT NOT NULL CHECK (kept >= 0),
    kept_of TEXT REFERENCES attempt (id),
    rest BIGINT NOT NULL CHECK (rest >= 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('asked', 'waived', 'kept', 'charging', 'charged', 'needs_client', 'failed')),
    created BIGINT NOT NULL,
    CHECK (kept + rest = sum)
);
-- A booking has one fee, unless the salon did without it.
CREATE UNIQUE INDEX fee_one ON fee (booking) WHERE state <> 'waived';
CREATE INDEX fee_to_decide ON fee (salon, created) WHERE state IN ('asked', 'needs_client', 'failed');
