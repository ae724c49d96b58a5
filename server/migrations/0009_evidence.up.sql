-- What the salon answered to a dispute: once.

CREATE TABLE evidence (
    -- Also the idempotency key of the call.
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    dispute TEXT NOT NULL,
    -- Stripe's names of the fields and what stands in them, as JSON.
    fields TEXT NOT NULL,
    created BIGINT NOT NULL,
    -- When Stripe had it; and why it did not take it.
    sent BIGINT,
    refused TEXT,
    UNIQUE (salon, dispute)
);
CREATE INDEX dispute_of_salon ON dispute (salon, due_by);

-- When somebody dealt with a refund that failed.
ALTER TABLE refund ADD COLUMN handled BIGINT;
CREATE INDEX refund_failed ON refund (state) WHERE state = 'failed' AND handled IS NULL;
