-- A salon may turn to another account at Stripe. Its keys know nothing then of what was paid on the one before.

-- The account that a payment was made on, where that is not the salon's present one.
ALTER TABLE attempt ADD COLUMN former_account TEXT;
-- It was under way when the salon turned to another: what became of it, only the salon can find out.
ALTER TABLE attempt ADD COLUMN left_open BIGINT NOT NULL DEFAULT 0 CHECK (left_open IN (0, 1));
CREATE INDEX attempt_elsewhere ON attempt (salon) WHERE former_account IS NOT NULL;
CREATE INDEX attempt_left_open ON attempt (salon) WHERE left_open = 1;
CREATE INDEX refund_open ON refund (attempt) WHERE state IN ('created', 'pending', 'requires_action') AND handled IS NULL;

-- It was paid with Link, though only cards are offered. It counts all the same, and the salon is told once.
ALTER TABLE attempt ADD COLUMN by_link BIGINT NOT NULL DEFAULT 0 CHECK (by_link IN (0, 1));

-- Until when the client may cancel and move it online, as that was when it was booked. NULL: booked before it was kept; then the
-- salon's present settings hold.
ALTER TABLE booking ADD COLUMN changes TEXT;

-- When somebody at the salon dealt with it on that account.
ALTER TABLE dispute ADD COLUMN handled BIGINT;
