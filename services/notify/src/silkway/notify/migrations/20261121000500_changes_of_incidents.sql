-- migrate:up

-- How much was ever told of an incident: the place of each word about it for whoever hears it by webhook.
ALTER TABLE incidents ADD COLUMN changes bigint NOT NULL DEFAULT 0 CHECK (changes >= 0);

-- migrate:down
ALTER TABLE incidents DROP COLUMN changes;
