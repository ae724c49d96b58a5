-- What nobody of the staff did has no place in the log before.
ALTER TABLE audit RENAME TO audit_of_all;
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    salon TEXT NOT NULL REFERENCES salon (slug),
    at BIGINT NOT NULL,
    staff TEXT NOT NULL REFERENCES staff (id),
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    booking TEXT
);
INSERT INTO audit (id, salon, at, staff, who, what, booking)
SELECT id, salon, at, staff, who, what, booking FROM audit_of_all WHERE staff IS NOT NULL;
DROP TABLE audit_of_all;
CREATE INDEX audit_by_time ON audit (salon, at);
CREATE INDEX audit_by_booking ON audit (booking) WHERE booking IS NOT NULL;
DROP INDEX booking_not_sought;
ALTER TABLE booking DROP COLUMN sought;
DROP TABLE unsent;
ALTER TABLE saved_card DROP COLUMN most;
ALTER TABLE booking DROP COLUMN cancellation;
