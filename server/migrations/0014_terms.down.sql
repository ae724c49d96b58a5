DROP INDEX booking_not_sought;
ALTER TABLE booking DROP COLUMN sought;
DROP TABLE unsent;
ALTER TABLE saved_card DROP COLUMN most;
ALTER TABLE booking DROP COLUMN cancellation;
