-- migrate:up

-- Since when the order has been disputed: when it was said, not when we knew.
ALTER TABLE orders ADD COLUMN disputed_since timestamptz;
UPDATE orders SET disputed_since = disputed_known_at;
ALTER TABLE orders
    ADD CONSTRAINT orders_disputed_check CHECK (
        (disputed_since IS NULL) = (disputed_known_at IS NULL) AND disputed_since <= disputed_known_at);

-- migrate:down
