DROP TABLE wrong_password;
ALTER TABLE refund DROP COLUMN service;
DROP TABLE attempt_line;
ALTER TABLE attempt DROP COLUMN employee;
ALTER TABLE attempt DROP COLUMN way;
ALTER TABLE payout DROP COLUMN mode;
ALTER TABLE settled DROP COLUMN mode;
ALTER TABLE attempt DROP COLUMN mode;
ALTER TABLE salon DROP COLUMN mode;
