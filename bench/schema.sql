-- What all contenders keep: one row an order.
CREATE TABLE drafts (
    tenant        text        NOT NULL,
    order_id      text        NOT NULL,
    supplier_id   text        NOT NULL,
    currency      text        NOT NULL,
    total_minor   bigint      NOT NULL CHECK (total_minor >= 0),
    deposit_minor bigint      NOT NULL CHECK (deposit_minor BETWEEN 0 AND total_minor),
    lines         bigint      NOT NULL CHECK (lines > 0),
    revisions     bigint      NOT NULL CHECK (revisions >= 0),
    drafted_at    timestamptz NOT NULL,
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
