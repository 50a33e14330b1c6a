-- migrate:up

-- What of a claim is to come back from the buyer; the rest comes from the supplier.
ALTER TABLE order_view_claims ADD COLUMN recovery_buyer_minor bigint NOT NULL DEFAULT 0
    CHECK (recovery_buyer_minor BETWEEN 0 AND recovery_open_minor);
UPDATE order_view_claims SET recovery_buyer_minor = recovery_open_minor WHERE recovery_from = 'BUYER';

-- migrate:down

ALTER TABLE order_view_claims DROP COLUMN recovery_buyer_minor;
