-- What is left to pay of a visit after a part was paid, by a link.

-- Whether an attempt pays that. Servers that are older take it for another payment of the booking, and give it back: no link for a
-- rest is made before all are new. `attempt_one_open` holds for the two together.
ALTER TABLE attempt ADD COLUMN rest BIGINT NOT NULL DEFAULT 0 CHECK (rest IN (0, 1));

-- Whether the link asks for that.
ALTER TABLE visit_link ADD COLUMN rest BIGINT NOT NULL DEFAULT 0 CHECK (rest IN (0, 1));

-- A fee may be kept of two payments: its second row says what of the second one.
ALTER TABLE fee ADD COLUMN part BIGINT NOT NULL DEFAULT 1 CHECK (part IN (1, 2));
DROP INDEX fee_one;
CREATE UNIQUE INDEX fee_one ON fee (booking, part) WHERE state <> 'waived';
DROP INDEX fee_to_decide;
CREATE INDEX fee_to_decide ON fee (salon, created)
    WHERE state IN ('asked', 'needs_client', 'failed') AND part = 1;
