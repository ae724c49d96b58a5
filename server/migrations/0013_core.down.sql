DROP INDEX fee_to_roll;
CREATE INDEX fee_to_roll ON fee (created)
    WHERE rolled_kept <> CASE WHEN state IN ('asked', 'waived') THEN 0 ELSE kept END;
DROP INDEX fee_by_payment;
ALTER TABLE fee DROP COLUMN kept_at_most;
DROP INDEX attempt_declined;
CREATE INDEX attempt_declined ON attempt (salon, created) WHERE state = 'declined';
