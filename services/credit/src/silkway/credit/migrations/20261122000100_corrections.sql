-- migrate:up

-- Reports of when goods left that correct what was believed when a promised day was over which is not judged yet, as
-- JSON: they count after it. When a shipment was last told to have left at another time than was believed, and when
-- the earliest of the times at which the order is said to have been delivered was told.
ALTER TABLE covered_orders
    ADD COLUMN reports text NOT NULL DEFAULT '[]',
    ADD COLUMN delivered_told_known_at timestamptz;
UPDATE covered_orders SET delivered_told_known_at = delivered_known_at;
ALTER TABLE covered_orders
    ADD CONSTRAINT delivered_told CHECK ((delivered_at IS NULL) = (delivered_told_known_at IS NULL));
ALTER TABLE covered_shipments
    ADD COLUMN corrected_known_at timestamptz,
    ADD CONSTRAINT corrected_of CHECK (corrected_known_at IS NULL OR shipped_at IS NOT NULL);

-- migrate:down

ALTER TABLE covered_shipments DROP COLUMN corrected_known_at;
ALTER TABLE covered_orders DROP COLUMN delivered_told_known_at, DROP COLUMN reports;
