-- migrate:up

-- Who raised a dispute may take it back.
ALTER TABLE disputes
    DROP CONSTRAINT disputes_outcome_check,
    DROP CONSTRAINT resolved_whole,
    ADD CONSTRAINT disputes_outcome_check CHECK (outcome IN ('FOR_SUPPLIER', 'FOR_BUYER', 'SPLIT', 'WITHDRAWN')),
    ADD CONSTRAINT resolved_whole CHECK (
        (outcome IS NULL) = (resolved_by IS NULL) AND (outcome IS NULL) = (resolved_at IS NULL)
        AND (refund_minor > 0) = (outcome IS NOT NULL AND outcome NOT IN ('FOR_SUPPLIER', 'WITHDRAWN')));

-- migrate:down

DELETE FROM disputes WHERE outcome = 'WITHDRAWN';
ALTER TABLE disputes
    DROP CONSTRAINT disputes_outcome_check,
    DROP CONSTRAINT resolved_whole,
    ADD CONSTRAINT disputes_outcome_check CHECK (outcome IN ('FOR_SUPPLIER', 'FOR_BUYER', 'SPLIT')),
    ADD CONSTRAINT resolved_whole CHECK (
        (outcome IS NULL) = (resolved_by IS NULL) AND (outcome IS NULL) = (resolved_at IS NULL)
        AND (refund_minor > 0) = (outcome IS NOT NULL AND outcome <> 'FOR_SUPPLIER'));
