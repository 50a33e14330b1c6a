-- migrate:up

SET lock_timeout = '5s';

-- Reports of when goods left that became known after a promised day which is not judged yet, or that correct others,
-- as JSON: they count after it. When a shipment was last told to have left at another time than was believed, and
-- when the earliest of the times at which the order is said to have been delivered was told.
ALTER TABLE covered_orders
    ADD COLUMN reports text NOT NULL DEFAULT '[]',
    ADD COLUMN delivered_told_known_at timestamptz;
-- Each sign of a carrier with its time, as JSON, so that one may be corrected.
ALTER TABLE covered_shipments
    ADD COLUMN corrected_known_at timestamptz,
    ADD COLUMN signs_told text NOT NULL DEFAULT '[]';

-- migrate:down

ALTER TABLE covered_shipments DROP COLUMN corrected_known_at, DROP COLUMN signs_told;
ALTER TABLE covered_orders DROP COLUMN delivered_told_known_at, DROP COLUMN reports;
