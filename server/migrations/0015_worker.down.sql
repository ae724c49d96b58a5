ALTER TABLE salon DROP COLUMN settling_from;
ALTER TABLE booking DROP COLUMN end_tries;
ALTER TABLE booking DROP COLUMN end_at;
ALTER TABLE job DROP COLUMN salon;
