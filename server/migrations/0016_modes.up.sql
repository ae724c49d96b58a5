-- Test and real money are kept apart: which mode a salon's keys are of, and which one a payment was made in. What there is so
-- far counts as of the mode of the present keys.

ALTER TABLE salon ADD COLUMN mode TEXT CHECK (mode IN ('test', 'live'));
UPDATE salon SET mode = CASE WHEN SUBSTR(publishable_key, 1, 8) = 'pk_test_' THEN 'test' ELSE 'live' END
WHERE publishable_key IS NOT NULL;

ALTER TABLE attempt ADD COLUMN mode TEXT NOT NULL DEFAULT 'live' CHECK (mode IN ('test', 'live'));
ALTER TABLE settled ADD COLUMN mode TEXT NOT NULL DEFAULT 'live' CHECK (mode IN ('test', 'live'));
ALTER TABLE payout ADD COLUMN mode TEXT NOT NULL DEFAULT 'live' CHECK (mode IN ('test', 'live'));
UPDATE attempt SET mode = 'test' WHERE salon IN (SELECT slug FROM salon WHERE mode = 'test');
UPDATE settled SET mode = 'test' WHERE salon IN (SELECT slug FROM salon WHERE mode = 'test');
UPDATE payout SET mode = 'test' WHERE salon IN (SELECT slug FROM salon WHERE mode = 'test');

-- What a payment was for, as it was when it began: a booking can be moved to somebody else, and its lines can be rewritten.
ALTER TABLE attempt ADD COLUMN way TEXT NOT NULL DEFAULT 'online' CHECK (way IN ('online', 'link', 'fee'));
ALTER TABLE attempt ADD COLUMN employee TEXT NOT NULL DEFAULT '';
UPDATE attempt SET
    way = (SELECT CASE WHEN attempt.purpose = 'fee' THEN 'fee' WHEN b.choice IS NULL THEN 'link' ELSE 'online' END
           FROM booking b WHERE b.id = attempt.booking),
    employee = (SELECT b.employee FROM booking b WHERE b.id = attempt.booking);

-- Written by a server that is older: it is completed when the figures are rolled up.
CREATE INDEX attempt_to_complete ON attempt (id) WHERE employee = '';

CREATE TABLE attempt_line (
    attempt TEXT NOT NULL REFERENCES attempt (id),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    price BIGINT NOT NULL,
    PRIMARY KEY (attempt, position)
);
INSERT INTO attempt_line (attempt, position, name, price)
SELECT a.id, l.position, l.name, l.price FROM attempt a JOIN booking_line l ON l.booking = a.booking;

-- The service or product that a refund is of; NULL: of all that was paid for.
ALTER TABLE refund ADD COLUMN service TEXT;

-- Figures follow from the books: the worker rolls them up anew.
DELETE FROM rollup;
UPDATE ledger SET rolled = 0;
UPDATE settled SET rolled = 0;
UPDATE fee SET rolled_kept = 0;

-- Wrong passwords by the hash of the address that was typed, whether anybody has it or not. (The columns of `staff` that counted
-- them stay for servers that are older.)
CREATE TABLE wrong_password (
    salon TEXT NOT NULL REFERENCES salon (slug),
    address_hash TEXT NOT NULL,
    failures BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (salon, address_hash)
);
CREATE INDEX wrong_password_by_time ON wrong_password (at);
