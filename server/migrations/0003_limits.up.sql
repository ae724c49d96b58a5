-- What holds card testers off, and secrets that are being replaced.

-- Declined cards of a salon, the latest last: how many there were of late.
CREATE INDEX attempt_declined ON attempt (salon, created) WHERE state = 'declined';

-- The signing secret before the present one (encrypted), and until when it is believed.
ALTER TABLE salon ADD COLUMN former_signing_secret TEXT;
ALTER TABLE salon ADD COLUMN former_signing_until BIGINT;
