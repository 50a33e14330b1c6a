-- migrate:up

CREATE TABLE orders (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    buyer_id text NOT NULL,
    supplier_id text NOT NULL,
    currency text NOT NULL,
    account_id text NOT NULL,
    payment_reference text NOT NULL,
    total_minor bigint NOT NULL CHECK (total_minor >= 0),
    deposit_minor bigint NOT NULL CHECK (deposit_minor BETWEEN 0 AND total_minor),
    balance_due text NOT NULL CHECK (balance_due IN ('BEFORE_SHIPMENT', 'AFTER_DELIVERY')),
    place_on text NOT NULL CHECK (place_on IN ('BOTH_CONFIRMED', 'FIRST_PAYMENT')),
    incoterm text,
    ship_by date,
    deliver_by date,
    destination_country text,
    acceptance_days bigint NOT NULL CHECK (acceptance_days BETWEEN 1 AND 90),
    coverage text NOT NULL CHECK (coverage IN ('NONE', 'BEFORE_SHIPMENT', 'AFTER_DELIVERY')),
    drafted_at timestamptz NOT NULL,
    drafted_known_at timestamptz NOT NULL,

    life text NOT NULL CHECK (life IN ('DRAFTED', 'PLACED', 'COMPLETED', 'SETTLED', 'CANCELLED')),
    funds text NOT NULL CHECK (funds IN ('UNPAID', 'PART_PAID', 'FUNDED')),
    logistics text NOT NULL CHECK (
        logistics IN ('NONE', 'BOOKED', 'PART_SHIPPED', 'SHIPPED', 'PART_DELIVERED', 'DELIVERED')),
    assurance text NOT NULL CHECK (
        assurance IN ('NONE', 'REQUESTED', 'HELD', 'PARTIAL', 'REFUSED', 'RELEASED')),
    issue text NOT NULL CHECK (issue IN ('NONE', 'DISPUTED')),

    buyer_confirmed_at timestamptz,
    supplier_confirmed_at timestamptz,
    confirmed_known_at timestamptz,
    placed_at timestamptz,
    placed_known_at timestamptz,

    received_minor bigint NOT NULL CHECK (received_minor >= 0),
    escrow_minor bigint NOT NULL CHECK (escrow_minor >= 0),
    paid_out_minor bigint NOT NULL CHECK (paid_out_minor BETWEEN 0 AND total_minor),
    refunded_minor bigint NOT NULL CHECK (refunded_minor >= 0),
    refund_due_minor bigint NOT NULL CHECK (refund_due_minor BETWEEN 0 AND escrow_minor),
    paid_at timestamptz,
    paid_known_at timestamptz,
    funded_at timestamptz,
    funded_known_at timestamptz,

    held_minor bigint NOT NULL CHECK (held_minor >= 0),

    moved_known_at timestamptz,
    delivered_at timestamptz,
    delivered_known_at timestamptz,
    due_at timestamptz,

    receipt_at timestamptz,
    receipt_known_at timestamptz,
    accepted_by text CHECK (accepted_by IN ('RECEIPT', 'PERIOD')),
    accepted_at timestamptz,
    accepted_known_at timestamptz,
    completed_at timestamptz,
    completed_known_at timestamptz,
    paid_out_at timestamptz,
    paid_out_known_at timestamptz,
    settled_at timestamptz,

    PRIMARY KEY (tenant, order_id),
    CONSTRAINT escrow_conserved CHECK (received_minor = escrow_minor + paid_out_minor + refunded_minor),
    CONSTRAINT funds_follow_money CHECK (
        funds = CASE WHEN funded_at IS NOT NULL THEN 'FUNDED'
                     WHEN received_minor = 0 OR total_minor = 0 THEN 'UNPAID'
                     ELSE 'PART_PAID' END),
    CONSTRAINT life_follows_times CHECK (
        life = 'CANCELLED' OR
        life = CASE WHEN settled_at IS NOT NULL THEN 'SETTLED'
                    WHEN completed_at IS NOT NULL THEN 'COMPLETED'
                    WHEN placed_at IS NOT NULL THEN 'PLACED'
                    ELSE 'DRAFTED' END),
    CONSTRAINT accepted_by_somebody CHECK ((accepted_by IS NULL) = (accepted_at IS NULL)),
    CONSTRAINT waits_only_for_acceptance CHECK (
        (due_at IS NOT NULL) = (logistics = 'DELIVERED' AND accepted_at IS NULL)),
    CONSTRAINT held_while_assured CHECK ((held_minor > 0) = (assurance IN ('HELD', 'PARTIAL')))
) WITH (fillfactor = 70);

CREATE INDEX orders_by_supplier ON orders (tenant, supplier_id, order_id);
CREATE INDEX orders_by_buyer ON orders (tenant, buyer_id, order_id);

CREATE TABLE order_lines (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    line_id text COLLATE "C" NOT NULL,
    description text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    value_minor bigint NOT NULL CHECK (value_minor >= 0),
    ship_by date,
    deliver_by date,
    destination_country text,
    booked_quantity bigint NOT NULL CHECK (booked_quantity >= 0),
    shipped_quantity bigint NOT NULL CHECK (shipped_quantity >= 0),
    delivered_quantity bigint NOT NULL CHECK (delivered_quantity >= 0),
    delivered_on date,
    late boolean NOT NULL,
    PRIMARY KEY (tenant, order_id, line_id),
    CONSTRAINT delivered_some_day CHECK ((delivered_quantity > 0) = (delivered_on IS NOT NULL))
) WITH (fillfactor = 70);

CREATE TABLE payment_references (
    tenant text COLLATE "C" NOT NULL,
    reference_id text COLLATE "C" NOT NULL,
    order_id text NOT NULL,
    PRIMARY KEY (tenant, reference_id)
);

CREATE TABLE payments (
    tenant text COLLATE "C" NOT NULL,
    payment_id text COLLATE "C" NOT NULL,
    account_id text NOT NULL,
    bank_reference text NOT NULL,
    payment_reference text NOT NULL,
    order_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('MATCHED', 'UNMATCHED')),
    reason text CHECK (reason IN ('WRONG_CURRENCY', 'BEYOND_LIMIT')),
    witnesses bigint NOT NULL CHECK (witnesses > 0),
    PRIMARY KEY (tenant, payment_id),
    CONSTRAINT unmatched_for_a_reason CHECK ((state = 'UNMATCHED') = (reason IS NOT NULL))
);

CREATE INDEX payments_by_order ON payments (tenant, order_id);
CREATE INDEX payments_unmatched ON payments (tenant, payment_id) WHERE state = 'UNMATCHED';

CREATE TABLE payouts (
    tenant text COLLATE "C" NOT NULL,
    payout_id text COLLATE "C" NOT NULL,
    account_id text NOT NULL,
    order_id text NOT NULL,
    payout_reference text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency text NOT NULL,
    paid_at timestamptz NOT NULL,
    witnesses bigint NOT NULL CHECK (witnesses > 0),
    PRIMARY KEY (tenant, payout_id)
);

CREATE INDEX payouts_by_order ON payouts (tenant, order_id);

-- migrate:down

DROP TABLE payouts, payments, payment_references, order_lines, orders;
