-- migrate:up

-- Reports of when goods left that became known after a promised day which is not judged yet, or that correct others,
-- as JSON: they count after it. When a shipment was last told to have left at another time than was believed, and
-- when the earliest of the times at which the order is said to have been delivered was told.
ALTER TABLE covered_orders
    ADD COLUMN reports text NOT NULL DEFAULT '[]',
    ADD COLUMN delivered_told_known_at timestamptz;
UPDATE covered_orders SET delivered_told_known_at = delivered_known_at WHERE delivered_known_at IS NOT NULL;
ALTER TABLE covered_orders
    ADD CONSTRAINT delivered_told CHECK ((delivered_at IS NULL) = (delivered_told_known_at IS NULL));
ALTER TABLE covered_shipments
    ADD COLUMN corrected_known_at timestamptz,
    ADD CONSTRAINT corrected_of CHECK (corrected_known_at IS NULL OR shipped_at IS NOT NULL);

-- Each sign of a carrier with its time, as JSON, so that one may be corrected. Of the past only the earliest is known;
-- where that was taken back, the others count from when they were known.
UPDATE covered_shipments SET tracked_at = tracked_known_at, tracked_kind = 'ORIGIN_IN'
WHERE tracked_at IS NULL AND tracked_known_at IS NOT NULL;
ALTER TABLE covered_shipments
    DROP CONSTRAINT tracked_whole,
    DROP CONSTRAINT covered_shipments_signs_check,
    ALTER COLUMN signs TYPE text USING (
        CASE WHEN tracked_at IS NULL THEN '[]'::jsonb
        ELSE jsonb_build_array(jsonb_build_array(
            jsonb_build_array(tracked_kind, 0, 0), tracked_at, tracked_known_at, false)) END
        || CASE WHEN tracked_at IS NULL OR cleared_at IS NULL THEN '[]'::jsonb
        ELSE jsonb_build_array(jsonb_build_array(
            jsonb_build_array('CUSTOMS_RELEASED', 0, 0), cleared_at, cleared_known_at, true)) END)::text,
    DROP COLUMN tracked_kind,
    ADD CONSTRAINT tracked_whole CHECK (
        (tracked_at IS NULL) = (tracked_known_at IS NULL) AND (tracked_at IS NULL) = (signs = '[]'));

-- migrate:down

ALTER TABLE covered_shipments
    DROP CONSTRAINT tracked_whole,
    ADD COLUMN tracked_kind text,
    ALTER COLUMN signs TYPE bigint USING json_array_length(signs::json);
UPDATE covered_shipments SET tracked_kind = 'ORIGIN_IN' WHERE tracked_at IS NOT NULL;
ALTER TABLE covered_shipments
    ADD CONSTRAINT covered_shipments_signs_check CHECK (signs >= 0),
    ADD CONSTRAINT tracked_whole CHECK (
        (tracked_at IS NULL) = (tracked_kind IS NULL) AND (signs = 0) = (tracked_known_at IS NULL)
        AND (tracked_at IS NULL OR signs > 0)),
    DROP COLUMN corrected_known_at;
ALTER TABLE covered_orders DROP COLUMN delivered_told_known_at, DROP COLUMN reports;
