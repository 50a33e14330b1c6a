-- migrate:up

-- What was agreed or upheld is paid once time has passed the word; until then it rests there.
DROP INDEX one_open_claim_of_a_kind;
ALTER TABLE claims
    DROP CONSTRAINT claims_state_check,
    DROP CONSTRAINT paid_until_recovered,
    DROP CONSTRAINT ended_once_decided,
    ADD COLUMN pay_from timestamptz,
    ADD CONSTRAINT claims_state_check CHECK (state IN (
        'OPEN', 'SUPPLIER_REVIEW', 'AGREED', 'ESCALATED', 'INSPECTION', 'UPHELD', 'REJECTED', 'PAID', 'CLOSED',
        'WITHDRAWN')),
    ADD CONSTRAINT paid_until_recovered CHECK (
        (state <> 'PAID' OR open_minor > 0) AND (state <> 'CLOSED' OR open_minor = 0)
        AND (state IN ('PAID', 'CLOSED', 'WITHDRAWN') OR paid_minor = 0)),
    ADD CONSTRAINT ended_once_decided CHECK (
        (ended_known_at IS NULL)
        = (state IN ('OPEN', 'SUPPLIER_REVIEW', 'AGREED', 'ESCALATED', 'INSPECTION', 'UPHELD'))),
    ADD CONSTRAINT paid_after_the_word CHECK ((state IN ('AGREED', 'UPHELD')) = (pay_from IS NOT NULL));
CREATE UNIQUE INDEX one_open_claim_of_a_kind ON claims (tenant, order_id, kind)
    WHERE state IN ('OPEN', 'SUPPLIER_REVIEW', 'AGREED', 'ESCALATED', 'INSPECTION', 'UPHELD');

-- migrate:down

DROP INDEX one_open_claim_of_a_kind;
ALTER TABLE claims DROP CONSTRAINT paid_after_the_word, DROP COLUMN pay_from;
