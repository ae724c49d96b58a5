ALTER TABLE salon DROP COLUMN former_signing_until;
ALTER TABLE salon DROP COLUMN former_signing_secret;
DROP INDEX attempt_declined;
