DROP INDEX refund_failed;
ALTER TABLE refund DROP COLUMN handled;
DROP INDEX dispute_of_salon;
DROP TABLE evidence;
