-- migrate:up

CREATE TABLE shipments (
    tenant        text COLLATE "C" NOT NULL,
    shipment_id   text COLLATE "C" NOT NULL,
    mode          text NOT NULL CHECK (mode IN ('SEA', 'AIR', 'AIR_CHARTER', 'ROAD', 'RAIL', 'EXPRESS', 'UNSPECIFIED')),
    carrier       text,
    state         text NOT NULL CHECK (state IN
                  ('QUOTED', 'BOOKED', 'IN_TRANSIT', 'AVAILABLE', 'OUT_FOR_DELIVERY', 'DELIVERED', 'CLOSED')),
    exception     boolean NOT NULL,
    booked_at     timestamptz NOT NULL,
    known_at      timestamptz NOT NULL,
    dispatched_at timestamptz,
    delivered_at  timestamptz,
    PRIMARY KEY (tenant, shipment_id),
    CHECK ((delivered_at IS NOT NULL) = (state = 'DELIVERED'))
) WITH (fillfactor = 70);
CREATE INDEX shipments_state ON shipments (tenant, state, shipment_id);

CREATE TABLE shipment_lines (
    tenant      text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    line_id     text COLLATE "C" NOT NULL,
    quantity    bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (tenant, shipment_id, order_id, line_id)
);

-- Numbers by which others know a shipment; one number may name several shipments over time.
CREATE TABLE shipment_references (
    tenant      text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    value       text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, shipment_id, kind, value)
);
CREATE INDEX shipment_references_value ON shipment_references (tenant, kind, value);

-- One row a fact, however many have reported it. Times in UTC, with the offset of the place.
CREATE TABLE milestones (
    tenant             text COLLATE "C" NOT NULL,
    shipment_id        text COLLATE "C" NOT NULL,
    leg                bigint NOT NULL CHECK (leg >= 0),
    kind               text COLLATE "C" NOT NULL,
    classifier         text COLLATE "C" NOT NULL CHECK (classifier IN ('PLANNED', 'ESTIMATED', 'ACTUAL')),
    occurred_at        timestamptz NOT NULL,
    utc_offset_minutes bigint NOT NULL CHECK (abs(utc_offset_minutes) < 1440),
    known_at           timestamptz NOT NULL,
    questioned         boolean NOT NULL CHECK (classifier = 'ACTUAL' OR NOT questioned),
    witnesses          bigint NOT NULL CHECK (witnesses > 0),
    sources            text NOT NULL,
    place              text,
    note               text,
    PRIMARY KEY (tenant, shipment_id, leg, kind, classifier, occurred_at)
) WITH (fillfactor = 90);

-- Our own view of the orders. Until an order is recorded, pending keeps what its shipments have reported.
CREATE TABLE orders (
    tenant      text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    supplier_id text,
    known_at    timestamptz,
    pending     text NOT NULL,
    PRIMARY KEY (tenant, order_id),
    CHECK ((known_at IS NULL) = (supplier_id IS NULL)),
    CHECK (known_at IS NULL OR pending = '[]')
) WITH (fillfactor = 70);

CREATE TABLE order_lines (
    tenant              text COLLATE "C" NOT NULL,
    order_id            text COLLATE "C" NOT NULL,
    line_id             text COLLATE "C" NOT NULL,
    supplier_id         text NOT NULL,
    quantity            bigint NOT NULL CHECK (quantity > 0),
    value_minor         bigint NOT NULL CHECK (value_minor >= 0),
    currency            text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    ship_by             date,
    deliver_by          date,
    destination_country text,
    mode                text,
    delivered_quantity  bigint NOT NULL CHECK (delivered_quantity >= 0),
    delivered_on        date,
    late                boolean NOT NULL,
    PRIMARY KEY (tenant, order_id, line_id),
    CHECK ((delivered_on IS NULL) = (delivered_quantity = 0)),
    CHECK (NOT late OR delivered_on > deliver_by)
) WITH (fillfactor = 80);

-- What each shipment carries of each order. counted: the order has such a line.
CREATE TABLE order_shipments (
    tenant       text COLLATE "C" NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    shipment_id  text COLLATE "C" NOT NULL,
    line_id      text COLLATE "C" NOT NULL,
    quantity     bigint NOT NULL CHECK (quantity > 0),
    mode         text NOT NULL,
    carrier      text,
    counted      boolean NOT NULL,
    delivered_on date,
    PRIMARY KEY (tenant, order_id, shipment_id, line_id)
) WITH (fillfactor = 80);

-- migrate:down
DROP TABLE order_shipments, order_lines, orders, milestones, shipment_references, shipment_lines, shipments;
