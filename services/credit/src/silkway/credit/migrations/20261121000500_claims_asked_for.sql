-- migrate:up

-- A buyer's claim is opened or refused once time has passed it, by what was known when it was asked for.
ALTER TABLE covered_orders
    ADD COLUMN lapsed_known_at timestamptz,
    ADD COLUMN total_before_minor bigint NOT NULL DEFAULT 0 CHECK (total_before_minor >= 0),
    ADD COLUMN total_known_at timestamptz;

ALTER TABLE claims
    DROP CONSTRAINT claims_state_check,
    DROP CONSTRAINT claims_withdrawn_for_check,
    DROP CONSTRAINT ended_once_decided,
    ADD CONSTRAINT claims_state_check CHECK (state IN (
        'REQUESTED', 'REFUSED', 'OPEN', 'SUPPLIER_REVIEW', 'AGREED', 'ESCALATED', 'INSPECTION', 'UPHELD', 'REJECTED',
        'PAID', 'CLOSED', 'WITHDRAWN')),
    ADD CONSTRAINT claims_withdrawn_for_check CHECK (
        withdrawn_for IN ('SHIPPED_IN_TIME', 'AMENDED', 'CANCELLED', 'GIVEN_UP')),
    ADD CONSTRAINT ended_once_decided CHECK (
        (ended_known_at IS NULL)
        = (state IN ('REQUESTED', 'OPEN', 'SUPPLIER_REVIEW', 'AGREED', 'ESCALATED', 'INSPECTION', 'UPHELD'))),
    ADD CONSTRAINT only_buyers_ask CHECK (state NOT IN ('REQUESTED', 'REFUSED') OR opened_by = 'BUYER');

-- migrate:down

ALTER TABLE claims DROP CONSTRAINT only_buyers_ask;
ALTER TABLE covered_orders DROP COLUMN lapsed_known_at, DROP COLUMN total_before_minor, DROP COLUMN total_known_at;
