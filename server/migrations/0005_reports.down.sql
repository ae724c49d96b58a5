DROP INDEX payout_by_time;
DROP TABLE rollup;
DROP INDEX settled_to_roll;
DROP INDEX ledger_to_roll;
ALTER TABLE settled DROP COLUMN rolled;
ALTER TABLE ledger DROP COLUMN rolled;
