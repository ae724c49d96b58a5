DROP INDEX fee_to_roll;
ALTER TABLE fee DROP COLUMN rolled_kept;
