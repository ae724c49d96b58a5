-- Figures, rolled up as they come. A row that was taken in is marked in the same transaction, so that it counts once.

ALTER TABLE ledger ADD COLUMN rolled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE settled ADD COLUMN rolled BIGINT NOT NULL DEFAULT 0;
CREATE INDEX ledger_to_roll ON ledger (at) WHERE rolled = 0;
CREATE INDEX settled_to_roll ON settled (created) WHERE rolled = 0;

CREATE TABLE rollup (
    salon TEXT NOT NULL REFERENCES salon (slug),
    -- The salon's own day: YYYY-MM-DD.
    day TEXT NOT NULL,
    -- The name of the service or product at the time it was booked.
    service TEXT NOT NULL,
    employee TEXT NOT NULL,
    -- How it was paid: online, link, fee.
    way TEXT NOT NULL,
    currency TEXT NOT NULL,
    payments BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    refunds BIGINT NOT NULL,
    disputes BIGINT NOT NULL,
    fees BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    PRIMARY KEY (salon, day, service, employee, way, currency)
);
CREATE INDEX payout_by_time ON payout (salon, arrives);
