-- What an older server can't read would stop its queue.
DELETE FROM job WHERE kind = 'await_dispute' OR payload LIKE '{"do":"payout_failed"%';
ALTER TABLE salon DROP COLUMN payouts_enabled;
ALTER TABLE salon DROP COLUMN charges_enabled;
DROP INDEX payout_open;
DROP INDEX ledger_by_source;
DROP INDEX salon_to_look;
ALTER TABLE salon DROP COLUMN disputes_until;
ALTER TABLE salon DROP COLUMN look_at;
ALTER TABLE salon DROP COLUMN settling_from;
ALTER TABLE booking DROP COLUMN end_tries;
ALTER TABLE booking DROP COLUMN end_at;
DROP INDEX job_due_of_salon;
ALTER TABLE job DROP COLUMN salon;
