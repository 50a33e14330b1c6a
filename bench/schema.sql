-- What all contenders keep: one row an order.
CREATE TABLE orders (
    tenant             text        NOT NULL,
    order_id           text        NOT NULL,
    buyer_id           text        NOT NULL,
    supplier_id        text        NOT NULL,
    currency           text        NOT NULL,
    total_minor        bigint      NOT NULL CHECK (total_minor >= 0),
    buyer_confirmed    boolean     NOT NULL,
    supplier_confirmed boolean     NOT NULL,
    confirmations      bigint      NOT NULL CHECK (confirmations >= 0),
    confirmed_at       timestamptz NOT NULL,
    PRIMARY KEY (tenant, order_id)
) WITH (fillfactor = 70);

-- What the two peers keep besides; the engine brings tables of its own.
CREATE TABLE peer_inbox (
    identity uuid PRIMARY KEY
);
CREATE TABLE peer_outbox (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key     bytea NOT NULL,
    headers text  NOT NULL,
    value   bytea NOT NULL
);
ALTER TABLE peer_outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
                             autovacuum_vacuum_cost_delay = 0);
