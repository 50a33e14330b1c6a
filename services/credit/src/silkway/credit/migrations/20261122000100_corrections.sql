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
-- Of the past only the earliest is known; where that was taken back, the others count from when they were known.
UPDATE covered_shipments SET signs_told = (
    jsonb_build_array(jsonb_build_array(
        jsonb_build_array(coalesce(tracked_kind, 'ORIGIN_IN'), 0, 0),
        coalesce(tracked_at, tracked_known_at), tracked_known_at, false))
    || CASE WHEN cleared_at IS NULL THEN '[]'::jsonb
    ELSE jsonb_build_array(jsonb_build_array(
        jsonb_build_array('CUSTOMS_RELEASED', 0, 0), cleared_at, cleared_known_at, true)) END)::text
WHERE tracked_known_at IS NOT NULL;

-- migrate:down

ALTER TABLE covered_shipments DROP COLUMN corrected_known_at, DROP COLUMN signs_told;
ALTER TABLE covered_orders DROP COLUMN delivered_told_known_at, DROP COLUMN reports;
