-- What the worker needs so that nothing waits for what can't get on.

-- Whose job it is: each salon's are done beside the others'. Empty: of a server that did not write it yet.
ALTER TABLE job ADD COLUMN salon TEXT NOT NULL DEFAULT '';
CREATE INDEX job_due_of_salon ON job (salon, run_at) WHERE done IS NULL;

-- When the end of a hold is tried next, and how often it was tried in vain.
ALTER TABLE booking ADD COLUMN end_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE booking ADD COLUMN end_tries BIGINT NOT NULL DEFAULT 0;

-- Where a reading of Stripe's list has got to that is not at its end yet (seconds since 1970); 0: none is under way.
ALTER TABLE salon ADD COLUMN settling_from BIGINT NOT NULL DEFAULT 0;

-- When a salon's inquiries, payouts on their way and account are looked at next (milliseconds), and until when its disputes were
-- read (seconds since 1970).
ALTER TABLE salon ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE salon ADD COLUMN disputes_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX salon_to_look ON salon (look_at);
CREATE INDEX payout_open ON payout (salon) WHERE state IN ('pending', 'in_transit');

-- Whether Stripe lets the salon's account take cards, and pays it out.
ALTER TABLE salon ADD COLUMN charges_enabled BIGINT NOT NULL DEFAULT 1;
ALTER TABLE salon ADD COLUMN payouts_enabled BIGINT NOT NULL DEFAULT 1;

-- Disputes that are open are asked about from now on. An attempt's id is `pay_` and 32 digits, and these make the job's.
INSERT INTO job (id, kind, payload, run_at, salon)
SELECT DISTINCT substr(attempt, 5), 'await_dispute', '{"do":"await_dispute","attempt":"' || attempt || '"}', 0, salon
FROM dispute WHERE state NOT IN ('warning_closed', 'prevented', 'won', 'lost');

-- The books are compared with Stripe's list source by source.
CREATE INDEX ledger_by_source ON ledger (salon, source);
