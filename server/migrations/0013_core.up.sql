-- Cards that somebody entered and that were declined, the latest last. Their intents are cancelled a moment later: the reason
-- is what stays.
DROP INDEX attempt_declined;
CREATE INDEX attempt_declined ON attempt (salon, created) WHERE decline IS NOT NULL AND confirmation_token <> '';
