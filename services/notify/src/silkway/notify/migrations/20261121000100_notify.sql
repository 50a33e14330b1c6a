-- migrate:up

-- One order, seen whole, as told by order, logistics and credit. Amounts in minor units.
CREATE TABLE order_views (
    tenant               text COLLATE "C" NOT NULL,
    order_id             text COLLATE "C" NOT NULL,
    buyer_id             text,
    supplier_id          text,
    currency             text CHECK (currency ~ '^[A-Z]{3}$'),
    total_minor          bigint CHECK (total_minor >= 0),
    deposit_minor        bigint CHECK (deposit_minor BETWEEN 0 AND total_minor),
    account_id           text,
    payment_reference    text,
    incoterm             text,
    coverage             text,
    destination_country  text,
    life                 text CHECK (life IN ('DRAFTED', 'PLACED', 'COMPLETED', 'SETTLED')),
    funds                text NOT NULL CHECK (funds IN ('UNPAID', 'PART_PAID', 'FUNDED')),
    logistics            text NOT NULL CHECK (logistics IN
                         ('NONE', 'BOOKED', 'PART_SHIPPED', 'SHIPPED', 'PART_DELIVERED', 'DELIVERED')),
    assurance            text NOT NULL CHECK (assurance IN
                         ('NONE', 'REQUESTED', 'HELD', 'PARTIAL', 'REFUSED', 'RELEASED')),
    issue                text NOT NULL CHECK (issue IN ('NONE')),
    received_minor       bigint NOT NULL CHECK (received_minor >= 0),
    open_minor           bigint CHECK (open_minor >= 0),
    escrow_minor         bigint NOT NULL,
    payout_due_minor     bigint NOT NULL CHECK (payout_due_minor >= 0),
    paid_out_minor       bigint NOT NULL CHECK (paid_out_minor >= 0),
    hold_id              text,
    hold_currency        text,
    hold_requested_minor bigint NOT NULL CHECK (hold_requested_minor >= 0),
    hold_granted_minor   bigint NOT NULL CHECK (hold_granted_minor >= 0),
    hold_released_minor  bigint NOT NULL CHECK (hold_released_minor >= 0),
    hold_reason          text,
    line_count           bigint NOT NULL,
    lines_delivered      bigint NOT NULL CHECK (lines_delivered BETWEEN 0 AND line_count),
    lines_late           bigint NOT NULL CHECK (lines_late BETWEEN 0 AND lines_delivered),
    shipment_count       bigint NOT NULL,
    shipments_delivered  bigint NOT NULL CHECK (shipments_delivered BETWEEN 0 AND shipment_count),
    drafted_at           timestamptz,
    placed_at            timestamptz,
    funded_at            timestamptz,
    shipped_at           timestamptz,
    delivered_at         timestamptz,
    accepted_at          timestamptz,
    accepted_by          text,
    completed_at         timestamptz,
    settled_at           timestamptz,
    hold_released_at     timestamptz,
    known_at             timestamptz NOT NULL,
    order_events         bigint NOT NULL CHECK (order_events >= 0),
    logistics_events     bigint NOT NULL CHECK (logistics_events >= 0),
    credit_events        bigint NOT NULL CHECK (credit_events >= 0),
    PRIMARY KEY (tenant, order_id),
    CHECK (received_minor = escrow_minor + paid_out_minor)
) WITH (fillfactor = 60);
CREATE INDEX order_views_supplier ON order_views (tenant, supplier_id, order_id);
CREATE INDEX order_views_buyer ON order_views (tenant, buyer_id, order_id);
CREATE INDEX order_views_life ON order_views (tenant, life, order_id);

CREATE TABLE order_view_lines (
    tenant              text COLLATE "C" NOT NULL,
    order_id            text COLLATE "C" NOT NULL,
    line_id             text COLLATE "C" NOT NULL,
    description         text,
    quantity            bigint CHECK (quantity > 0),
    value_minor         bigint CHECK (value_minor >= 0),
    ship_by             date,
    deliver_by          date,
    destination_country text,
    delivered_quantity  bigint NOT NULL CHECK (delivered_quantity >= 0),
    delivered_on        date,
    late                boolean NOT NULL,
    PRIMARY KEY (tenant, order_id, line_id),
    CHECK ((delivered_on IS NULL) = (delivered_quantity = 0))
) WITH (fillfactor = 80);

CREATE TABLE order_view_shipments (
    tenant         text COLLATE "C" NOT NULL,
    order_id       text COLLATE "C" NOT NULL,
    shipment_id    text COLLATE "C" NOT NULL,
    mode           text,
    carrier        text,
    state          text NOT NULL,
    exception      boolean NOT NULL,
    last_milestone text,
    last_at        timestamptz,
    last_place     text,
    milestones     bigint NOT NULL CHECK (milestones >= 0),
    questioned     bigint NOT NULL CHECK (questioned >= 0),
    dispatched_at  timestamptz,
    delivered_at   timestamptz,
    PRIMARY KEY (tenant, order_id, shipment_id)
) WITH (fillfactor = 70);

CREATE TABLE supplier_views (
    tenant          text COLLATE "C" NOT NULL,
    supplier_id     text COLLATE "C" NOT NULL,
    currency        text NOT NULL,
    limit_minor     bigint NOT NULL CHECK (limit_minor >= 0),
    shortfall_minor bigint NOT NULL CHECK (shortfall_minor >= 0),
    rules_version   text NOT NULL,
    known_at        timestamptz NOT NULL,
    PRIMARY KEY (tenant, supplier_id)
) WITH (fillfactor = 80);

CREATE TABLE timeline (
    tenant      text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    teller      text COLLATE "C" NOT NULL CHECK (teller IN ('order', 'logistics', 'credit')),
    position    bigint NOT NULL CHECK (position > 0),
    event_id    text NOT NULL,
    type        text NOT NULL,
    shipment_id text,
    happened_at timestamptz NOT NULL,
    known_at    timestamptz NOT NULL,
    summary     text NOT NULL,
    PRIMARY KEY (tenant, order_id, teller, position)
);

CREATE TABLE notices (
    tenant      text COLLATE "C" NOT NULL,
    notice_id   text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    shipment_id text,
    audience    text NOT NULL CHECK (audience IN ('OPERATIONS')),
    kind        text NOT NULL,
    severity    text NOT NULL CHECK (severity IN ('INFO', 'WARNING')),
    text        text NOT NULL,
    cause_type  text NOT NULL,
    cause_id    text NOT NULL,
    known_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, notice_id)
);
CREATE INDEX notices_known ON notices (tenant, known_at, notice_id);
CREATE INDEX notices_severity ON notices (tenant, severity, known_at, notice_id);
CREATE INDEX notices_order ON notices (tenant, order_id, known_at, notice_id);

-- The order in which timeline entries and notices were written, for the live feed. It is no state (a rebuild
-- numbers anew), hence no primary key. A reader that goes by (written_in, sequence) and takes only rows whose
-- written_in is below pg_snapshot_xmin(pg_current_snapshot()) misses none, which a sequence alone cannot promise.
CREATE TABLE feed (
    tenant     text COLLATE "C" NOT NULL,
    order_id   text COLLATE "C" NOT NULL,
    teller     text COLLATE "C" NOT NULL,
    position   bigint NOT NULL,
    notice_id  text COLLATE "C",
    written_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    sequence   bigint GENERATED ALWAYS AS IDENTITY
);
CREATE UNIQUE INDEX feed_order ON feed (tenant, written_in, sequence);

-- migrate:down
DROP TABLE feed, notices, timeline, supplier_views, order_view_shipments, order_view_lines, order_views;
