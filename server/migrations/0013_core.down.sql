DROP INDEX attempt_declined;
CREATE INDEX attempt_declined ON attempt (salon, created) WHERE state = 'declined';
