-- The back office: who signs in, and what they did.

CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'reception')),
    -- Argon2id, as a PHC string.
    password TEXT NOT NULL,
    -- The largest sum to give back at once, in minor units; NULL: any.
    refund_limit BIGINT CHECK (refund_limit >= 0),
    is_active BIGINT NOT NULL DEFAULT 1,
    -- Wrong passwords in a row, and until when no more are tried.
    failures BIGINT NOT NULL DEFAULT 0,
    blocked_until BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL,
    UNIQUE (salon, email)
);

CREATE TABLE invitation (
    token_hash TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    refund_limit BIGINT,
    expires BIGINT NOT NULL,
    created BIGINT NOT NULL,
    -- The latest one counts.
    UNIQUE (salon, email)
);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    staff TEXT NOT NULL REFERENCES staff (id),
    created BIGINT NOT NULL,
    used BIGINT NOT NULL,
    -- What the next page says of what was done on the last one.
    notice TEXT
);
CREATE INDEX session_by_staff ON session (staff);

-- Who did what to whose money. Only ever added to.
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    at BIGINT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    -- The booking it was about, if any.
    booking TEXT
);
CREATE INDEX audit_by_time ON audit (salon, at);
CREATE INDEX audit_by_booking ON audit (booking) WHERE booking IS NOT NULL;

-- The account the keys are of, as Stripe called it when they were set up; and how its webhooks have been doing.
ALTER TABLE salon ADD COLUMN account TEXT;
ALTER TABLE salon ADD COLUMN account_name TEXT;
CREATE INDEX event_by_time ON event (salon, received);
ALTER TABLE salon ADD COLUMN event_refused_at BIGINT;
ALTER TABLE salon ADD COLUMN event_refused TEXT;

-- The token itself (encrypted), to be shown and copied again; NULL: made before this was kept.
ALTER TABLE visit_link ADD COLUMN sealed TEXT;
-- When it was sent, when a reminder goes out, and when the visit is called off if it is not paid by then.
ALTER TABLE visit_link ADD COLUMN sent BIGINT;
ALTER TABLE visit_link ADD COLUMN remind_at BIGINT;
ALTER TABLE visit_link ADD COLUMN cancel_at BIGINT;
CREATE INDEX visit_link_to_remind ON visit_link (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX visit_link_to_cancel ON visit_link (cancel_at) WHERE cancel_at IS NOT NULL;
CREATE INDEX booking_of_salon ON booking (salon, starts);
