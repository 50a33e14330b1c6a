-- migrate:up

CREATE TABLE accounts (
    tenant text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    open_orders text NOT NULL,
    PRIMARY KEY (tenant, account_id)
) WITH (fillfactor = 70);

ALTER TABLE payment_references
    ALTER COLUMN order_id DROP NOT NULL,
    ADD COLUMN waiting text NOT NULL DEFAULT '',
    ADD CONSTRAINT waits_until_it_has_an_order CHECK (order_id IS NULL OR waiting = '');

ALTER TABLE payments
    ALTER COLUMN payment_reference DROP NOT NULL,
    ALTER COLUMN order_id DROP NOT NULL,
    ADD COLUMN known_at timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN matched_by text CHECK (matched_by IN ('REFERENCE', 'AMOUNT', 'ASSIGNMENT')),
    ADD COLUMN order_ids text NOT NULL DEFAULT '',
    ADD COLUMN decided_by text,
    ADD COLUMN decided_reason text,
    ADD COLUMN returned_minor bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT payments_state_check,
    DROP CONSTRAINT payments_reason_check,
    DROP CONSTRAINT unmatched_for_a_reason,
    ADD CONSTRAINT payments_state_check CHECK (state IN ('MATCHED', 'UNMATCHED', 'RETURN_DUE', 'RETURNED')),
    ADD CONSTRAINT payments_reason_check CHECK (reason IN (
        'UNKNOWN_ACCOUNT', 'UNKNOWN_REFERENCE', 'WRONG_CURRENCY', 'ORDER_CANCELLED', 'AMBIGUOUS', 'NO_FIT',
        'BEYOND_LIMIT')),
    ADD CONSTRAINT unmatched_for_a_reason CHECK (CASE state
        WHEN 'MATCHED' THEN reason IS NULL AND order_id IS NOT NULL
        WHEN 'UNMATCHED' THEN reason IS NOT NULL
        WHEN 'RETURN_DUE' THEN decided_by IS NOT NULL
        ELSE true END),
    ADD CONSTRAINT decided_for_a_reason CHECK ((decided_by IS NULL) = (decided_reason IS NULL)),
    ADD CONSTRAINT returned_at_most CHECK (
        returned_minor BETWEEN 0 AND amount_minor AND (state = 'RETURNED') = (returned_minor = amount_minor));
UPDATE payments SET matched_by = 'REFERENCE' WHERE state = 'MATCHED';

CREATE TABLE payment_returns (
    tenant text COLLATE "C" NOT NULL,
    payment_id text COLLATE "C" NOT NULL,
    return_reference text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL,
    returned_at timestamptz NOT NULL,
    witnesses bigint NOT NULL CHECK (witnesses > 0),
    PRIMARY KEY (tenant, payment_id, return_reference)
);

CREATE TABLE refunds (
    tenant text COLLATE "C" NOT NULL,
    refund_id text COLLATE "C" NOT NULL,
    account_id text NOT NULL,
    order_id text NOT NULL,
    refund_reference text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    paid_at timestamptz NOT NULL,
    witnesses bigint NOT NULL CHECK (witnesses > 0),
    PRIMARY KEY (tenant, refund_id)
);
CREATE INDEX refunds_by_order ON refunds (tenant, order_id);

CREATE TABLE payout_approvals (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    approved_by text NOT NULL,
    approved_at timestamptz NOT NULL
);
CREATE INDEX payout_approvals_by_order ON payout_approvals (tenant, order_id);

CREATE TABLE requests (
    tenant text COLLATE "C" NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    order_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('AMENDMENT', 'CANCELLATION')),
    id text NOT NULL,
    party text NOT NULL CHECK (party IN ('BUYER', 'SUPPLIER')),
    reason text NOT NULL,
    requested_at timestamptz NOT NULL,
    answer text NOT NULL,
    PRIMARY KEY (tenant, request_id)
);
CREATE INDEX requests_by_order ON requests (tenant, order_id);

CREATE TABLE disputes (
    tenant text COLLATE "C" NOT NULL,
    dispute_key text COLLATE "C" NOT NULL,
    order_id text NOT NULL,
    dispute_id text NOT NULL,
    party text NOT NULL CHECK (party IN ('BUYER', 'SUPPLIER')),
    kind text NOT NULL CHECK (kind IN ('LATE', 'QUALITY', 'QUANTITY', 'NOT_RECEIVED', 'OTHER')),
    text text NOT NULL,
    raised_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('FOR_SUPPLIER', 'FOR_BUYER', 'SPLIT')),
    refund_minor bigint NOT NULL CHECK (refund_minor >= 0),
    resolved_by text,
    resolved_at timestamptz,
    PRIMARY KEY (tenant, dispute_key),
    CONSTRAINT resolved_whole CHECK (
        (outcome IS NULL) = (resolved_by IS NULL) AND (outcome IS NULL) = (resolved_at IS NULL)
        AND (refund_minor > 0) = (outcome IS NOT NULL AND outcome <> 'FOR_SUPPLIER'))
);
CREATE INDEX disputes_by_order ON disputes (tenant, order_id);

CREATE TABLE inspections (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    inspection_id text NOT NULL,
    passed boolean NOT NULL,
    inspected_by text NOT NULL,
    inspected_at timestamptz NOT NULL,
    text text
);
CREATE INDEX inspections_by_order ON inspections (tenant, order_id);

CREATE TABLE order_parts (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    line_id text COLLATE "C" NOT NULL,
    booked_quantity bigint NOT NULL CHECK (booked_quantity >= 0),
    shipped_quantity bigint NOT NULL CHECK (shipped_quantity >= 0),
    shipped_at timestamptz,
    shipped_known_at timestamptz,
    retracted_known_at timestamptz,
    delivered_quantity bigint NOT NULL CHECK (delivered_quantity >= 0),
    delivered_at timestamptz,
    delivered_known_at timestamptz,
    delivered_on date,
    late boolean NOT NULL,
    PRIMARY KEY (tenant, order_id, shipment_id, line_id),
    CONSTRAINT shipped_some_time CHECK (shipped_quantity = 0 OR shipped_known_at IS NOT NULL),
    CONSTRAINT delivered_some_time CHECK ((delivered_quantity > 0) = (delivered_known_at IS NOT NULL))
) WITH (fillfactor = 70);

ALTER TABLE order_lines ADD COLUMN removed boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT removed_lines_are_worth_nothing CHECK (NOT removed OR value_minor = 0);

ALTER TABLE orders
    ADD COLUMN quote_id text,
    ADD COLUMN option_id text,
    ADD COLUMN inspection_gate text CHECK (inspection_gate IN ('BEFORE_BALANCE', 'BEFORE_SHIPMENT')),
    ADD COLUMN cover_until date,
    ADD COLUMN returned_minor bigint NOT NULL DEFAULT 0 CHECK (returned_minor >= 0),
    ADD COLUMN awarded_minor bigint NOT NULL DEFAULT 0 CHECK (awarded_minor >= 0),
    ADD COLUMN due_minor bigint NOT NULL DEFAULT 0 CHECK (due_minor >= 0),
    ADD COLUMN payout_due_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN payable_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN refundable_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN approved_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN hold_requests bigint NOT NULL DEFAULT 0 CHECK (hold_requests >= 0),
    ADD COLUMN amendments bigint NOT NULL DEFAULT 0,
    ADD COLUMN amended_known_at timestamptz,
    ADD COLUMN cancelled_by text CHECK (cancelled_by IN ('BUYER', 'SUPPLIER', 'RESOLUTION')),
    ADD COLUMN cancelled_at timestamptz,
    ADD COLUMN cancelled_known_at timestamptz,
    ADD COLUMN inspections bigint NOT NULL DEFAULT 0,
    ADD COLUMN inspection_failures bigint NOT NULL DEFAULT 0,
    ADD COLUMN inspection_failed_known_at timestamptz,
    ADD COLUMN inspection_passed_at timestamptz,
    ADD COLUMN inspection_passed_known_at timestamptz,
    ADD COLUMN disputes bigint NOT NULL DEFAULT 0 CHECK (disputes >= 0),
    ADD COLUMN disputed_known_at timestamptz,
    ADD COLUMN resolved_at timestamptz,
    ADD COLUMN resolved_known_at timestamptz,
    ADD COLUMN completions bigint NOT NULL DEFAULT 0 CHECK (completions >= 0),
    DROP CONSTRAINT orders_escrow_minor_check,
    DROP CONSTRAINT orders_check2,
    DROP CONSTRAINT orders_assurance_check,
    DROP CONSTRAINT orders_accepted_by_check,
    DROP CONSTRAINT funds_follow_money,
    DROP CONSTRAINT life_follows_times,
    DROP CONSTRAINT waits_only_for_acceptance;
UPDATE orders SET payable_minor = total_minor, payout_due_minor = total_minor - paid_out_minor, completions = 1
    WHERE completed_at IS NOT NULL;
UPDATE orders SET hold_requests = 1 WHERE assurance <> 'NONE';
UPDATE orders SET refundable_minor = refund_due_minor;
ALTER TABLE orders
    ADD CONSTRAINT escrow_short_only_of_crossed_money CHECK (
        escrow_minor >= 0 OR returned_minor > 0 OR paid_out_minor > 0 AND refunded_minor > 0),
    ADD CONSTRAINT refund_out_of_escrow CHECK (refund_due_minor BETWEEN 0 AND greatest(escrow_minor, 0)),
    ADD CONSTRAINT payout_of_what_is_owed CHECK (
        payout_due_minor BETWEEN 0 AND greatest(total_minor - awarded_minor - paid_out_minor, 0)),
    ADD CONSTRAINT paid_what_was_due CHECK (paid_out_minor <= payable_minor AND refunded_minor <= refundable_minor),
    ADD CONSTRAINT approved_what_was_due CHECK (approved_minor BETWEEN 0 AND payable_minor),
    ADD CONSTRAINT orders_assurance_check CHECK (assurance IN (
        'NONE', 'REQUESTED', 'HELD', 'PARTIAL', 'REFUSED', 'POSTED', 'VOIDED', 'EXPIRED', 'RELEASED')),
    ADD CONSTRAINT orders_accepted_by_check CHECK (accepted_by IN ('RECEIPT', 'PERIOD', 'RESOLUTION')),
    ADD CONSTRAINT funds_follow_money CHECK (
        funds = CASE WHEN funded_at IS NOT NULL THEN 'FUNDED'
                     WHEN received_minor <= refunded_minor OR total_minor = 0 THEN 'UNPAID'
                     ELSE 'PART_PAID' END),
    ADD CONSTRAINT life_follows_times CHECK (
        life = CASE WHEN cancelled_at IS NOT NULL THEN 'CANCELLED'
                    WHEN settled_at IS NOT NULL THEN 'SETTLED'
                    WHEN completed_at IS NOT NULL THEN 'COMPLETED'
                    WHEN placed_at IS NOT NULL THEN 'PLACED'
                    ELSE 'DRAFTED' END),
    ADD CONSTRAINT cancelled_whole CHECK (
        (cancelled_at IS NULL) = (cancelled_by IS NULL) AND (cancelled_at IS NULL) = (cancelled_known_at IS NULL)),
    ADD CONSTRAINT cancelled_before_completion CHECK (
        cancelled_at IS NULL OR completed_at IS NULL AND paid_out_minor = 0),
    ADD CONSTRAINT settled_after_completion CHECK (settled_at IS NULL OR completed_at IS NOT NULL),
    ADD CONSTRAINT completed_for_a_reason CHECK (
        completed_at IS NULL OR placed_at IS NOT NULL AND accepted_at IS NOT NULL),
    ADD CONSTRAINT disputed_by_somebody CHECK ((issue = 'DISPUTED') = (disputes > 0)),
    ADD CONSTRAINT nothing_is_due_while_disputed CHECK (issue = 'NONE' OR payout_due_minor = 0),
    ADD CONSTRAINT waits_only_for_acceptance CHECK (
        (due_at IS NULL OR logistics = 'DELIVERED' AND accepted_at IS NULL AND cancelled_at IS NULL)
        AND (due_at IS NOT NULL OR logistics <> 'DELIVERED' OR accepted_at IS NOT NULL
             OR cancelled_at IS NOT NULL OR issue = 'DISPUTED'));

CREATE INDEX orders_by_life ON orders (tenant, life, order_id);
CREATE INDEX orders_by_funds ON orders (tenant, funds, order_id);
CREATE INDEX orders_by_logistics ON orders (tenant, logistics, order_id);
CREATE INDEX orders_by_assurance ON orders (tenant, assurance, order_id);
CREATE INDEX orders_disputed ON orders (tenant, order_id) WHERE issue = 'DISPUTED';
CREATE INDEX orders_with_refund_due ON orders (tenant, order_id) WHERE refund_due_minor > 0;
CREATE INDEX orders_with_payout_due ON orders (tenant, order_id) WHERE payout_due_minor > 0;
CREATE INDEX payments_to_return ON payments (tenant, payment_id) WHERE state = 'RETURN_DUE';

-- migrate:down
