DROP TABLE unsent;
ALTER TABLE saved_card DROP COLUMN most;
ALTER TABLE booking DROP COLUMN cancellation;
