ALTER TABLE dispute DROP COLUMN handled;
ALTER TABLE booking DROP COLUMN changes;
ALTER TABLE attempt DROP COLUMN by_link;
DROP INDEX refund_open;
DROP INDEX attempt_left_open;
DROP INDEX attempt_elsewhere;
ALTER TABLE attempt DROP COLUMN left_open;
ALTER TABLE attempt DROP COLUMN former_account;
