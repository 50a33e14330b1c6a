-- migrate:up

CREATE TABLE suppliers (
    tenant text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    country text,
    time_zone text NOT NULL,
    registered_at timestamptz NOT NULL,
    registered_known_at timestamptz NOT NULL,

    completed_orders bigint NOT NULL CHECK (completed_orders >= 0),
    completed_minor bigint NOT NULL CHECK (completed_minor >= 0),
    completed_lines bigint NOT NULL CHECK (completed_lines >= 0),
    late_lines bigint NOT NULL CHECK (late_lines BETWEEN 0 AND completed_lines),
    assessed_known_at timestamptz,

    rules_version text NOT NULL,
    assessments bigint NOT NULL CHECK (assessments >= 0),
    limit_minor bigint NOT NULL CHECK (limit_minor BETWEEN 0 AND 100000000),
    shortfall_minor bigint NOT NULL CHECK (shortfall_minor >= 0),
    free_minor bigint NOT NULL CHECK (free_minor >= 0),
    held_minor bigint NOT NULL CHECK (held_minor >= 0),
    unrecovered_minor bigint NOT NULL CHECK (unrecovered_minor >= 0),

    PRIMARY KEY (tenant, supplier_id),
    CONSTRAINT limit_conserved CHECK (
        limit_minor + shortfall_minor = free_minor + held_minor + unrecovered_minor),
    CONSTRAINT free_or_short CHECK (free_minor = 0 OR shortfall_minor = 0)
) WITH (fillfactor = 70);

CREATE TABLE covered_orders (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    state text NOT NULL CHECK (state IN ('NONE', 'HELD', 'PARTIAL', 'REFUSED', 'RELEASED')),
    hold_id text,
    requested_minor bigint NOT NULL CHECK (requested_minor >= 0),
    held_minor bigint NOT NULL CHECK (held_minor BETWEEN 0 AND requested_minor),
    currency text,
    decided_known_at timestamptz,
    delivered_known_at timestamptz,
    due_at timestamptz,

    PRIMARY KEY (tenant, order_id),
    CONSTRAINT decided_whole CHECK (
        (state = 'NONE') = (hold_id IS NULL) AND (state = 'NONE') = (currency IS NULL)
        AND (state = 'NONE') = (decided_known_at IS NULL) AND (state = 'NONE') = (requested_minor = 0)),
    CONSTRAINT held_while_open CHECK ((held_minor > 0) = (state IN ('HELD', 'PARTIAL'))),
    CONSTRAINT due_after_delivery CHECK (
        (due_at IS NOT NULL) = (held_minor > 0 AND delivered_known_at IS NOT NULL))
) WITH (fillfactor = 70);

CREATE INDEX covered_orders_by_supplier ON covered_orders (tenant, supplier_id, order_id);

CREATE TABLE holds (
    tenant text COLLATE "C" NOT NULL,
    hold_id text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    coverage text NOT NULL,
    currency text NOT NULL,
    requested_minor bigint NOT NULL CHECK (requested_minor > 0),
    granted_minor bigint NOT NULL CHECK (granted_minor BETWEEN 0 AND requested_minor),
    reason text CHECK (reason IN ('NO_FREE_LIMIT', 'NO_RATE', 'UNKNOWN_SUPPLIER')),
    decided_known_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, hold_id),
    CONSTRAINT refused_for_a_reason CHECK ((granted_minor = 0) = (reason IS NOT NULL))
);

CREATE INDEX holds_by_supplier ON holds (tenant, supplier_id, hold_id);
CREATE INDEX holds_by_order ON holds (tenant, order_id, hold_id);

CREATE TABLE hold_resolutions (
    tenant text COLLATE "C" NOT NULL,
    hold_id text COLLATE "C" NOT NULL,
    resolution text NOT NULL CHECK (resolution IN ('RELEASED')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    resolved_at timestamptz NOT NULL,
    -- A hold resolves once.
    PRIMARY KEY (tenant, hold_id)
);

CREATE TABLE limit_reasons (
    tenant text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    assessment bigint NOT NULL,
    rule text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (tenant, supplier_id, assessment, rule)
);

-- migrate:down

DROP TABLE limit_reasons, hold_resolutions, holds, covered_orders, suppliers;
