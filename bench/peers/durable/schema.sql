-- The business tables of both durable peers. Each event's effect is one statement of steps.py.
CREATE TABLE suppliers (
    supplier_id text PRIMARY KEY,
    limit_minor bigint NOT NULL,
    held_minor  bigint NOT NULL CHECK (held_minor BETWEEN 0 AND limit_minor)
) WITH (fillfactor = 70);
CREATE TABLE orders (
    order_id           text PRIMARY KEY,
    buyer_id           text    NOT NULL,
    supplier_id        text    NOT NULL,
    currency           text    NOT NULL,
    total_minor        bigint  NOT NULL,
    lines              jsonb   NOT NULL,
    buyer_confirmed    boolean NOT NULL DEFAULT false,
    supplier_confirmed boolean NOT NULL DEFAULT false,
    life               text    NOT NULL DEFAULT 'DRAFTED',
    funds              text    NOT NULL DEFAULT 'UNPAID',
    logistics          text    NOT NULL DEFAULT 'NONE',
    assurance          text    NOT NULL DEFAULT 'NONE',
    escrow_minor       bigint  NOT NULL DEFAULT 0 CHECK (escrow_minor >= 0)
) WITH (fillfactor = 70);
CREATE TABLE holds (
    order_id     text PRIMARY KEY,
    supplier_id  text   NOT NULL,
    amount_minor bigint NOT NULL
);
CREATE TABLE payments (
    bank_reference text PRIMARY KEY,
    order_id       text   NOT NULL,
    amount_minor   bigint NOT NULL
);
CREATE TABLE shipments (
    shipment_id text PRIMARY KEY,
    order_id    text NOT NULL,
    state       text NOT NULL
) WITH (fillfactor = 70);
CREATE TABLE milestones (
    shipment_id text        NOT NULL,
    kind        text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (shipment_id, kind)
);
CREATE TABLE payouts (
    payout_reference text PRIMARY KEY,
    order_id         text   NOT NULL,
    amount_minor     bigint NOT NULL
);
CREATE TABLE notices (
    order_id text NOT NULL,
    rule     text NOT NULL,
    audience text NOT NULL,
    PRIMARY KEY (order_id, rule)
);
CREATE INDEX notices_rule ON notices (rule);
