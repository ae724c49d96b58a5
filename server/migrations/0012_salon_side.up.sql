-- What a salon does not offer any more stays for the sake of what was booked.
ALTER TABLE service ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE employee ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE group_date ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0;

-- Where short messages are handed over, by what they are signed (encrypted), and what the gateway last refused.
ALTER TABLE salon ADD COLUMN messages_url TEXT;
ALTER TABLE salon ADD COLUMN messages_secret TEXT;
ALTER TABLE salon ADD COLUMN messages_failed_at BIGINT;
ALTER TABLE salon ADD COLUMN messages_failed TEXT;

-- Whether the payer may add a tip.
ALTER TABLE visit_link ADD COLUMN tips BIGINT NOT NULL DEFAULT 0;

-- Fees of Stripe's (rolled = 2) whose payment, refund or dispute is not known here, or not yet.
CREATE INDEX settled_waiting ON settled (salon, source) WHERE rolled = 2;

-- Where a payment was begun from: evidence in a dispute.
ALTER TABLE attempt ADD COLUMN address TEXT;

CREATE INDEX settled_by_time ON settled (salon, created);
