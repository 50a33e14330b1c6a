-- migrate:up

-- A request that was cancelled after it would have been decided is decided first.
ALTER TABLE covered_orders ADD COLUMN cancelled_known_at timestamptz;

-- migrate:down

ALTER TABLE covered_orders DROP COLUMN cancelled_known_at;
