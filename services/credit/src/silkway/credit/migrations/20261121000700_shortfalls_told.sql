-- migrate:up

-- A shortfall that changes by itself is told when it is over, or another size than was told last.
ALTER TABLE suppliers ADD COLUMN shortfall_told_minor bigint NOT NULL DEFAULT 0 CHECK (shortfall_told_minor >= 0);
UPDATE suppliers SET shortfall_told_minor = shortfall_minor;

-- migrate:down

ALTER TABLE suppliers DROP COLUMN shortfall_told_minor;
