DROP TABLE fee;
DROP TABLE saved_card;
DROP INDEX attempt_one_open;
-- Money that was charged for fees stays in the books, as payments of their bookings. What is still open can't stay beside
-- another one.
UPDATE attempt SET state = 'canceled', ask_at = NULL
    WHERE purpose = 'fee' AND state IN ('created', 'unknown', 'requires_action', 'processing');
ALTER TABLE attempt DROP COLUMN purpose;
CREATE UNIQUE INDEX attempt_one_open ON attempt (booking)
    WHERE state IN ('created', 'unknown', 'requires_action', 'processing');
DROP TABLE manage_link;
DROP INDEX booking_missed;
ALTER TABLE booking DROP COLUMN missed;
ALTER TABLE salon DROP COLUMN changes;
