-- What a salon does not offer any more stays for the sake of what was booked.
ALTER TABLE service ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE employee ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE group_date ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0;
