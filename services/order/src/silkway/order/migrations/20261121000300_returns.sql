-- migrate:up

ALTER TABLE payment_returns ADD COLUMN known_at timestamptz NOT NULL DEFAULT 'epoch';

-- migrate:down
