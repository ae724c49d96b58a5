ALTER TABLE visit_link DROP COLUMN tips;
ALTER TABLE salon DROP COLUMN messages_failed;
ALTER TABLE salon DROP COLUMN messages_failed_at;
ALTER TABLE salon DROP COLUMN messages_secret;
ALTER TABLE salon DROP COLUMN messages_url;
ALTER TABLE group_date DROP COLUMN withdrawn;
ALTER TABLE employee DROP COLUMN withdrawn;
ALTER TABLE service DROP COLUMN withdrawn;
