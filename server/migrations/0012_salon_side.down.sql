ALTER TABLE group_date DROP COLUMN withdrawn;
ALTER TABLE employee DROP COLUMN withdrawn;
ALTER TABLE service DROP COLUMN withdrawn;
