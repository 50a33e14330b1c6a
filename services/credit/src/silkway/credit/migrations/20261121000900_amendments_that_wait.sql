-- migrate:up

-- Amendments that became known after a promised day which is not judged yet, as JSON: they count after it.
ALTER TABLE covered_orders ADD COLUMN amendments text NOT NULL DEFAULT '[]';

-- migrate:down

ALTER TABLE covered_orders DROP COLUMN amendments;
