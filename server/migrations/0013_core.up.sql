-- Cards that somebody entered and that were declined, the latest last. Their intents are cancelled a moment later: the reason
-- is what stays.
DROP INDEX attempt_declined;
CREATE INDEX attempt_declined ON attempt (salon, created) WHERE decline IS NOT NULL AND confirmation_token <> '';

-- What is left of the payment that a fee is kept of, as far as the figures know: no more than that is kept. NULL: nothing of it
-- has gone back since.
ALTER TABLE fee ADD COLUMN kept_at_most BIGINT CHECK (kept_at_most >= 0);
UPDATE fee SET kept_at_most = (
    SELECT CAST(CASE WHEN SUM(l.sum) > 0 THEN SUM(l.sum) ELSE 0 END AS BIGINT) FROM (
        SELECT attempt, CASE WHEN kind IN ('refunded', 'dispute_withdrawn') THEN -sum ELSE sum END AS sum FROM ledger
    ) l WHERE l.attempt = fee.kept_of
) WHERE kept_of IS NOT NULL;
CREATE INDEX fee_by_payment ON fee (kept_of) WHERE kept_of IS NOT NULL;
DROP INDEX fee_to_roll;
CREATE INDEX fee_to_roll ON fee (created) WHERE rolled_kept <>
    CASE WHEN state IN ('asked', 'waived') THEN 0 WHEN kept_at_most < kept THEN kept_at_most ELSE kept END;
