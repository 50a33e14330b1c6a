-- migrate:up
ALTER TABLE notices
    ADD COLUMN subscription_id text COLLATE "C",
    DROP CONSTRAINT notices_check1,
    ADD CONSTRAINT notices_about_something
        CHECK (num_nonnulls(order_id, supplier_id, incident_id, subscription_id) > 0);

-- migrate:down
ALTER TABLE notices DROP CONSTRAINT notices_about_something, DROP COLUMN subscription_id;
