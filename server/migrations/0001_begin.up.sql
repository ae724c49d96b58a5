-- The same SQL for SQLite and PostgreSQL. Money is minor units, time is milliseconds since 1970 (UTC), yes is 1.
-- Guards are constraints: what must never happen twice has a unique index here, not an `if` in the code.

CREATE TABLE salon (
    slug TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    phone TEXT NOT NULL,
    colour TEXT NOT NULL,
    currency TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    country TEXT NOT NULL,
    terms TEXT NOT NULL,
    cancellation TEXT NOT NULL,
    hold_minutes BIGINT NOT NULL CHECK (hold_minutes BETWEEN 5 AND 60),
    lead_minutes BIGINT NOT NULL CHECK (lead_minutes >= 0),
    step_minutes BIGINT NOT NULL CHECK (step_minutes BETWEEN 5 AND 60),
    link_payment BIGINT NOT NULL,
    embedders TEXT NOT NULL,
    publishable_key TEXT,
    -- Encrypted with the key from outside (vault.rs).
    secret_key TEXT,
    signing_secret TEXT
);

CREATE TABLE employee (
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    rule TEXT NOT NULL,
    hours TEXT NOT NULL
);

CREATE TABLE service (
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    minutes BIGINT NOT NULL CHECK (minutes BETWEEN 5 AND 720 AND minutes % 5 = 0),
    price BIGINT NOT NULL CHECK (price >= 0),
    price_to BIGINT CHECK (price_to > price),
    rule TEXT NOT NULL,
    part TEXT NOT NULL,
    is_group BIGINT NOT NULL
);

CREATE TABLE service_employee (
    service TEXT NOT NULL REFERENCES service (id),
    employee TEXT NOT NULL REFERENCES employee (id),
    PRIMARY KEY (service, employee)
);

CREATE TABLE group_date (
    id TEXT PRIMARY KEY,
    service TEXT NOT NULL REFERENCES service (id),
    employee TEXT NOT NULL REFERENCES employee (id),
    starts BIGINT NOT NULL,
    seats BIGINT NOT NULL CHECK (seats > 0)
);

CREATE TABLE booking (
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    reference TEXT NOT NULL,
    -- Grows with every change of the booking or its payment: who changed it meanwhile is noticed.
    version BIGINT NOT NULL,
    -- SHA-256 of the bearer token that may act for it, and until when.
    token_hash TEXT UNIQUE,
    token_until BIGINT,
    -- The token before that one: its page is told that the link was opened elsewhere.
    former_token TEXT,
    state TEXT NOT NULL CHECK (state IN ('held', 'booked', 'expired', 'cancelled')),
    hold_until BIGINT,
    employee TEXT NOT NULL REFERENCES employee (id),
    group_date TEXT REFERENCES group_date (id),
    starts BIGINT NOT NULL,
    ends BIGINT NOT NULL CHECK (ends > starts),
    client_name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    note TEXT NOT NULL,
    language TEXT NOT NULL,
    -- What was chosen in the widget; empty for a visit the salon made.
    choice TEXT,
    quote TEXT NOT NULL,
    created BIGINT NOT NULL,
    CHECK (state <> 'held' OR hold_until IS NOT NULL),
    UNIQUE (salon, reference)
);
CREATE INDEX booking_by_time ON booking (employee, ends);
CREATE INDEX booking_by_former_token ON booking (former_token) WHERE former_token IS NOT NULL;
CREATE INDEX booking_by_client ON booking (salon, email);
CREATE INDEX booking_hold_ends ON booking (hold_until) WHERE state = 'held';

CREATE TABLE booking_line (
    booking TEXT NOT NULL REFERENCES booking (id),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    minutes BIGINT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    is_from BIGINT NOT NULL,
    PRIMARY KEY (booking, position)
);

-- Who has which five minutes of an employee (granule: minutes since 1970 / 5), or which seat of a group event's date
-- (granule: the seat's number). Two bookings can't have the same.
CREATE TABLE claim (
    resource TEXT NOT NULL,
    granule BIGINT NOT NULL,
    holder TEXT NOT NULL,
    PRIMARY KEY (resource, granule)
);
CREATE INDEX claim_by_holder ON claim (holder);

CREATE TABLE visit_link (
    token_hash TEXT PRIMARY KEY,
    booking TEXT NOT NULL UNIQUE REFERENCES booking (id),
    expires BIGINT,
    opened BIGINT,
    created BIGINT NOT NULL
);

CREATE TABLE attempt (
    id TEXT PRIMARY KEY,
    booking TEXT NOT NULL REFERENCES booking (id),
    salon TEXT NOT NULL REFERENCES salon (slug),
    sum BIGINT NOT NULL CHECK (sum > 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('created', 'unknown', 'requires_action', 'processing', 'declined', 'canceled', 'succeeded')),
    -- Kept so that the same request can be sent again with the same key.
    confirmation_token TEXT NOT NULL,
    intent TEXT UNIQUE,
    charge TEXT,
    decline TEXT,
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= sum),
    -- When Stripe is asked next what became of it, and how often it was asked.
    ask_at BIGINT,
    asks BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL
);
CREATE INDEX attempt_by_booking ON attempt (booking);
CREATE INDEX attempt_to_ask ON attempt (ask_at) WHERE ask_at IS NOT NULL;
-- At most one attempt of a booking may still take money.
CREATE UNIQUE INDEX attempt_one_open ON attempt (booking)
    WHERE state IN ('created', 'unknown', 'requires_action', 'processing');

CREATE TABLE refund (
    id TEXT PRIMARY KEY,
    attempt TEXT NOT NULL REFERENCES attempt (id),
    sum BIGINT NOT NULL CHECK (sum > 0),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('created', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
    stripe_id TEXT UNIQUE,
    created BIGINT NOT NULL
);
-- Money that has no booking goes back once.
CREATE UNIQUE INDEX refund_once_for_nothing ON refund (attempt) WHERE reason = 'no_booking';

CREATE TABLE event (
    salon TEXT NOT NULL REFERENCES salon (slug),
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    received BIGINT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (salon, id)
);

CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    done BIGINT,
    last_error TEXT
);
CREATE INDEX job_due ON job (run_at) WHERE done IS NULL;
