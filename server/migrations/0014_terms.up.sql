-- What a client agreed to stays with the booking, whatever the salon's settings say later.

-- The terms for cancelling as the client saw them. NULL: booked before they were kept; then the salon's present ones hold.
ALTER TABLE booking ADD COLUMN cancellation TEXT;

-- The most that the client agreed to have charged to the saved card, in minor units of its attempt's currency. NULL: agreed to
-- before the number was kept. It is read out of the sentence then, which the server wrote itself; a sentence that it can't be
-- read out of limits nothing but by the fee.
ALTER TABLE saved_card ADD COLUMN most BIGINT CHECK (most > 0);

-- Letters and messages that will never be taken, so that somebody tells the client in another way.
CREATE TABLE unsent (
    -- The job's.
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    booking TEXT NOT NULL REFERENCES booking (id),
    way TEXT NOT NULL CHECK (way IN ('mail', 'message')),
    -- What it was, such as `link`; `salon`: a letter to the salon itself.
    letter TEXT NOT NULL,
    recipient TEXT NOT NULL,
    why TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- When somebody dealt with it.
    handled BIGINT
);
CREATE INDEX unsent_open ON unsent (salon, at) WHERE handled IS NULL;
CREATE INDEX unsent_by_booking ON unsent (booking);

-- What a visit is found by: name, e-mail address and telephone, folded (store/sought.rs). NULL: written before there was this
-- column; the worker fills it in.
ALTER TABLE booking ADD COLUMN sought TEXT;
CREATE INDEX booking_not_sought ON booking (id) WHERE sought IS NULL;
-- One client has one address, however it was typed: online it was always kept in small letters.
UPDATE booking SET email = LOWER(email) WHERE email <> LOWER(email);

-- The log tells of clients and of the server itself too: then nobody of the staff did it.
ALTER TABLE audit RENAME TO audit_of_staff;
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    at BIGINT NOT NULL,
    staff TEXT REFERENCES staff (id),
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    -- The booking it was about, if any.
    booking TEXT
);
INSERT INTO audit (id, salon, at, staff, who, what, booking)
SELECT id, salon, at, staff, who, what, booking FROM audit_of_staff;
DROP TABLE audit_of_staff;
CREATE INDEX audit_by_time ON audit (salon, at);
CREATE INDEX audit_by_booking ON audit (booking) WHERE booking IS NOT NULL;
