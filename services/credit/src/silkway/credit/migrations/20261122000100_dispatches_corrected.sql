-- migrate:up

-- What was believed of a dispatch before it was corrected or retracted, and until when: whether a promise was kept
-- is judged by what was known when its day was over, whenever the correction is read.
ALTER TABLE covered_shipments
    ADD COLUMN believed_at timestamptz,
    ADD COLUMN believed_known_at timestamptz,
    ADD COLUMN believed_until timestamptz,
    ADD CONSTRAINT believed_whole CHECK (
        (believed_at IS NULL) = (believed_known_at IS NULL) AND (believed_at IS NULL) = (believed_until IS NULL));

-- migrate:down

ALTER TABLE covered_shipments
    DROP COLUMN believed_at, DROP COLUMN believed_known_at, DROP COLUMN believed_until;
