-- What the worker needs so that nothing waits for what can't get on.

-- Whose job it is: each salon's are done beside the others'. Empty: of a server that did not write it yet.
ALTER TABLE job ADD COLUMN salon TEXT NOT NULL DEFAULT '';

-- When the end of a hold is tried next, and how often it was tried in vain.
ALTER TABLE booking ADD COLUMN end_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE booking ADD COLUMN end_tries BIGINT NOT NULL DEFAULT 0;

-- Where a reading of Stripe's list has got to that is not at its end yet (seconds since 1970); 0: none is under way.
ALTER TABLE salon ADD COLUMN settling_from BIGINT NOT NULL DEFAULT 0;
