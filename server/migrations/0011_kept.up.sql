-- How much of a fee stands in the figures as kept. It follows the fee's state, both ways.
ALTER TABLE fee ADD COLUMN rolled_kept BIGINT NOT NULL DEFAULT 0;
CREATE INDEX fee_to_roll ON fee (created)
    WHERE rolled_kept <> CASE WHEN state IN ('asked', 'waived') THEN 0 ELSE kept END;
