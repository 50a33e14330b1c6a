-- migrate:up

-- In quiet hours what is critical is found without reading all that waits beside it.
CREATE INDEX deliveries_critical ON deliveries (tenant, subscription_id, subject, position, delivery_id)
    WHERE state = 'PENDING' AND severity = 'CRITICAL';

-- migrate:down
DROP INDEX deliveries_critical;
