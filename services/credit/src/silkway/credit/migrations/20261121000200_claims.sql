-- migrate:up

ALTER TABLE suppliers
    ADD COLUMN disputes bigint NOT NULL DEFAULT 0 CHECK (disputes >= 0),
    ADD COLUMN disputes_lost bigint NOT NULL DEFAULT 0 CHECK (disputes_lost BETWEEN 0 AND disputes),
    ADD COLUMN claims bigint NOT NULL DEFAULT 0 CHECK (claims >= 0),
    ADD COLUMN claims_lost bigint NOT NULL DEFAULT 0 CHECK (claims_lost BETWEEN 0 AND claims),
    ADD COLUMN answers_in_time bigint NOT NULL DEFAULT 0 CHECK (answers_in_time >= 0),
    ADD COLUMN answers_missed bigint NOT NULL DEFAULT 0 CHECK (answers_missed >= 0),
    ADD COLUMN counted bigint NOT NULL DEFAULT 0 CHECK (counted >= 0),
    ADD COLUMN score_version text NOT NULL DEFAULT '',
    ADD COLUMN score_changes bigint NOT NULL DEFAULT 0 CHECK (score_changes >= 0),
    ADD COLUMN score bigint NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
    ADD COLUMN punctuality_points bigint NOT NULL DEFAULT 0 CHECK (punctuality_points >= 0),
    ADD COLUMN disputes_points bigint NOT NULL DEFAULT 0 CHECK (disputes_points >= 0),
    ADD COLUMN claims_points bigint NOT NULL DEFAULT 0 CHECK (claims_points >= 0),
    ADD COLUMN answers_points bigint NOT NULL DEFAULT 0 CHECK (answers_points >= 0),
    ADD COLUMN volume_points bigint NOT NULL DEFAULT 0 CHECK (volume_points >= 0),
    ADD CONSTRAINT score_adds_up CHECK (
        score = punctuality_points + disputes_points + claims_points + answers_points + volume_points);

ALTER TABLE covered_orders
    DROP CONSTRAINT due_after_delivery,
    DROP CONSTRAINT decided_whole,
    DROP CONSTRAINT held_while_open,
    DROP CONSTRAINT covered_orders_state_check,
    DROP COLUMN due_at,
    ADD COLUMN coverage text NOT NULL DEFAULT 'NONE',
    ADD COLUMN total_minor bigint NOT NULL DEFAULT 0 CHECK (total_minor >= 0),
    ADD COLUMN recorded_event_id text NOT NULL DEFAULT '',
    ADD COLUMN ship_by date,
    ADD COLUMN deliver_by date,
    ADD COLUMN cover_until date,
    ADD COLUMN received_minor bigint NOT NULL DEFAULT 0 CHECK (received_minor >= 0),
    ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    ADD COLUMN request bigint NOT NULL DEFAULT 0 CHECK (request >= 0),
    ADD COLUMN reserved_minor bigint NOT NULL DEFAULT 0 CHECK (reserved_minor >= 0),
    ADD COLUMN rate text,
    ADD COLUMN asked_known_at timestamptz,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
    ADD COLUMN country text,
    ADD COLUMN cancelled boolean NOT NULL DEFAULT false,
    ADD COLUMN delivered_at timestamptz,
    ADD COLUMN undelivered_known_at timestamptz,
    ADD COLUMN quiet_known_at timestamptz,
    ADD COLUMN at_risk boolean NOT NULL DEFAULT false,
    ADD COLUMN proof_at timestamptz,
    ADD COLUMN proof_known_at timestamptz;

-- What was granted before was in the limits' currency; its delivery was known when it was told.
UPDATE covered_orders SET currency = coalesce(currency, 'USD'), reserved_minor = held_minor,
    request = (hold_id IS NOT NULL)::int, asked_known_at = decided_known_at, delivered_at = delivered_known_at;

ALTER TABLE covered_orders
    ALTER COLUMN currency SET NOT NULL,
    ADD CONSTRAINT covered_orders_state_check CHECK (state IN (
        'NONE', 'ASKED', 'HELD', 'PARTIAL', 'REFUSED', 'POSTED', 'VOIDED', 'EXPIRED', 'RELEASED')),
    ADD CONSTRAINT asked_whole CHECK (
        (state = 'NONE') = (request = 0) AND (state = 'NONE') = (requested_minor = 0)
        AND (state = 'NONE') = (asked_known_at IS NULL)),
    ADD CONSTRAINT decided_whole CHECK (
        (state IN ('NONE', 'ASKED')) = (hold_id IS NULL)
        AND (state IN ('NONE', 'ASKED')) = (decided_known_at IS NULL)),
    ADD CONSTRAINT held_while_open CHECK (
        (held_minor > 0) = (state IN ('HELD', 'PARTIAL')) AND (reserved_minor > 0) = (held_minor > 0)),
    ADD CONSTRAINT in_full_or_part CHECK (
        (state <> 'HELD' OR held_minor = requested_minor) AND (state <> 'PARTIAL' OR held_minor < requested_minor)),
    ADD CONSTRAINT delivered_whole CHECK ((delivered_at IS NULL) = (delivered_known_at IS NULL)),
    ADD CONSTRAINT at_risk_while_open CHECK (NOT at_risk OR (held_minor > 0 AND expires_at IS NOT NULL)),
    ADD CONSTRAINT proof_whole CHECK ((proof_at IS NULL) = (proof_known_at IS NULL));

CREATE INDEX covered_orders_at_risk ON covered_orders (tenant, expires_at, order_id) WHERE at_risk;

CREATE TABLE ship_promises (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    line_id text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    value_minor bigint NOT NULL CHECK (value_minor >= 0),
    ship_by date,
    judged boolean NOT NULL,
    claim_id text COLLATE "C",
    PRIMARY KEY (tenant, order_id, line_id)
) WITH (fillfactor = 80);

CREATE TABLE covered_shipments (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    mode text NOT NULL,
    shipped_at timestamptz,
    shipped_known_at timestamptz,
    proof_at timestamptz,
    proof_known_at timestamptz,
    tracked_at timestamptz,
    tracked_kind text,
    tracked_known_at timestamptz,
    signs bigint NOT NULL CHECK (signs >= 0),
    cleared_at timestamptz,
    cleared_known_at timestamptz,
    eta timestamptz,
    delivered boolean NOT NULL,
    PRIMARY KEY (tenant, order_id, shipment_id),
    CONSTRAINT shipped_whole CHECK ((shipped_at IS NULL) = (shipped_known_at IS NULL)),
    CONSTRAINT proof_whole CHECK ((proof_at IS NULL) = (proof_known_at IS NULL)),
    CONSTRAINT tracked_whole CHECK (
        (tracked_at IS NULL) = (tracked_kind IS NULL) AND (signs = 0) = (tracked_known_at IS NULL)
        AND (tracked_at IS NULL OR signs > 0)),
    CONSTRAINT cleared_whole CHECK ((cleared_at IS NULL) = (cleared_known_at IS NULL))
) WITH (fillfactor = 80);

CREATE TABLE covered_parts (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    line_id text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity >= 0),
    PRIMARY KEY (tenant, order_id, shipment_id, line_id)
);

CREATE TABLE claims (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    claim_id text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('LATE', 'QUALITY', 'NOT_RECEIVED')),
    opened_by text NOT NULL CHECK (opened_by IN ('SYSTEM', 'BUYER')),
    state text NOT NULL CHECK (state IN (
        'OPEN', 'SUPPLIER_REVIEW', 'ESCALATED', 'INSPECTION', 'REJECTED', 'PAID', 'CLOSED', 'WITHDRAWN')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    text text,
    event_id text NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_known_at timestamptz NOT NULL,
    review_from timestamptz NOT NULL,
    answer_by timestamptz NOT NULL,
    escalates_at timestamptz NOT NULL,
    answer text CHECK (answer IN ('AGREED', 'CONTESTED', 'MISSED')),
    inspect_from timestamptz,
    hold_id text COLLATE "C",
    rate text,
    paid_minor bigint NOT NULL CHECK (paid_minor BETWEEN 0 AND amount_minor),
    paid_known_at timestamptz,
    recovered_minor bigint NOT NULL CHECK (recovered_minor >= 0),
    open_minor bigint NOT NULL CHECK (open_minor >= 0),
    unrecovered_minor bigint NOT NULL CHECK (unrecovered_minor >= 0),
    due_from text CHECK (due_from IN ('BUYER', 'SUPPLIER')),
    withdrawn_for text CHECK (withdrawn_for IN ('SHIPPED_IN_TIME', 'AMENDED', 'CANCELLED')),
    proof_at timestamptz,
    ended_known_at timestamptz,
    steps bigint NOT NULL CHECK (steps > 0),
    PRIMARY KEY (tenant, order_id, claim_id),
    CONSTRAINT recovered_or_open CHECK (paid_minor = recovered_minor + open_minor),
    CONSTRAINT owed_while_open CHECK ((open_minor > 0) = (unrecovered_minor > 0)),
    CONSTRAINT paid_whole CHECK (
        (paid_minor > 0) = (hold_id IS NOT NULL) AND (paid_minor > 0) = (due_from IS NOT NULL)
        AND (paid_minor > 0) = (paid_known_at IS NOT NULL)),
    CONSTRAINT paid_until_recovered CHECK (
        (state <> 'PAID' OR open_minor > 0) AND (state <> 'CLOSED' OR open_minor = 0)
        AND (state NOT IN ('OPEN', 'SUPPLIER_REVIEW', 'ESCALATED', 'INSPECTION', 'REJECTED') OR paid_minor = 0)),
    CONSTRAINT ended_once_decided CHECK (
        (ended_known_at IS NULL) = (state IN ('OPEN', 'SUPPLIER_REVIEW', 'ESCALATED', 'INSPECTION'))),
    CONSTRAINT inspected_after_escalation CHECK ((state = 'ESCALATED') = (inspect_from IS NOT NULL)),
    CONSTRAINT withdrawn_for_a_reason CHECK (state <> 'WITHDRAWN' OR withdrawn_for IS NOT NULL)
) WITH (fillfactor = 80);

CREATE INDEX claims_by_state ON claims (tenant, state, order_id, claim_id);
-- At most one open claim of a kind.
CREATE UNIQUE INDEX one_open_claim_of_a_kind ON claims (tenant, order_id, kind)
    WHERE state IN ('OPEN', 'SUPPLIER_REVIEW', 'ESCALATED', 'INSPECTION');

CREATE TABLE recoveries (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    claim_id text COLLATE "C" NOT NULL,
    recovery_id text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, order_id, claim_id, recovery_id)
);

CREATE TABLE claim_steps (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    claim_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    step text NOT NULL,
    taken_by text NOT NULL,
    text text,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, order_id, claim_id, number)
);

ALTER TABLE holds
    DROP CONSTRAINT holds_reason_check,
    ADD CONSTRAINT holds_reason_check CHECK (
        reason IN ('NO_FREE_LIMIT', 'NO_RATE', 'UNKNOWN_SUPPLIER', 'CANCELLED')),
    ADD COLUMN request bigint NOT NULL DEFAULT 1 CHECK (request > 0),
    ADD COLUMN limit_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN rate text,
    ADD COLUMN expires_at timestamptz;
UPDATE holds SET limit_minor = granted_minor;
ALTER TABLE holds ADD CONSTRAINT takes_of_the_limit CHECK ((limit_minor > 0) = (granted_minor > 0));

ALTER TABLE hold_resolutions
    DROP CONSTRAINT hold_resolutions_resolution_check,
    ADD CONSTRAINT hold_resolutions_resolution_check CHECK (
        resolution IN ('POSTED', 'VOIDED', 'EXPIRED', 'RELEASED')),
    ADD COLUMN paid_minor bigint NOT NULL DEFAULT 0 CHECK (paid_minor BETWEEN 0 AND amount_minor),
    ADD COLUMN claim_id text COLLATE "C",
    ADD CONSTRAINT posted_for_a_claim CHECK (
        (resolution = 'POSTED') = (paid_minor > 0) AND (resolution = 'POSTED') = (claim_id IS NOT NULL));

CREATE TABLE currencies (
    tenant text COLLATE "C" NOT NULL,
    currency_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, currency_id)
);

-- The newest rates of each currency, in places that are used again.
CREATE TABLE latest_rates (
    tenant text COLLATE "C" NOT NULL,
    currency_id text COLLATE "C" NOT NULL,
    place bigint NOT NULL CHECK (place BETWEEN 0 AND 63),
    rate text NOT NULL,
    published_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, currency_id, place)
);

CREATE TABLE rates (
    tenant text COLLATE "C" NOT NULL,
    currency_id text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    rate text NOT NULL,
    published_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, currency_id, known_at, source, event_id)
);

CREATE TABLE limit_assessments (
    tenant text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    assessment bigint NOT NULL,
    limit_minor bigint NOT NULL CHECK (limit_minor >= 0),
    shortfall_minor bigint NOT NULL CHECK (shortfall_minor >= 0),
    rules_version text NOT NULL,
    event_id text,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, supplier_id, assessment)
);

CREATE TABLE score_changes (
    tenant text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    change bigint NOT NULL,
    part text COLLATE "C" NOT NULL,
    before bigint NOT NULL,
    points bigint NOT NULL,
    possible bigint NOT NULL,
    score bigint NOT NULL,
    rules_version text NOT NULL,
    event_id text,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, supplier_id, change, part),
    CONSTRAINT points_within_part CHECK (points BETWEEN 0 AND possible AND points <> before)
);

CREATE TABLE track_record (
    tenant text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    what text NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    event_id text,
    known_at timestamptz NOT NULL,
    PRIMARY KEY (tenant, supplier_id, number)
);

-- migrate:down

DROP TABLE track_record, score_changes, limit_assessments, rates, latest_rates, currencies, claim_steps, recoveries,
    claims, covered_parts, covered_shipments, ship_promises;
ALTER TABLE hold_resolutions DROP COLUMN paid_minor, DROP COLUMN claim_id;
ALTER TABLE holds DROP COLUMN request, DROP COLUMN limit_minor, DROP COLUMN rate, DROP COLUMN expires_at;
ALTER TABLE covered_orders
    DROP COLUMN coverage, DROP COLUMN total_minor, DROP COLUMN recorded_event_id, DROP COLUMN ship_by,
    DROP COLUMN deliver_by, DROP COLUMN cover_until, DROP COLUMN received_minor, DROP COLUMN refunded_minor,
    DROP COLUMN request, DROP COLUMN reserved_minor, DROP COLUMN rate, DROP COLUMN asked_known_at,
    DROP COLUMN expires_at, DROP COLUMN time_zone, DROP COLUMN country, DROP COLUMN cancelled,
    DROP COLUMN delivered_at, DROP COLUMN undelivered_known_at, DROP COLUMN quiet_known_at, DROP COLUMN at_risk,
    DROP COLUMN proof_at, DROP COLUMN proof_known_at, ADD COLUMN due_at timestamptz;
ALTER TABLE suppliers
    DROP COLUMN disputes, DROP COLUMN disputes_lost, DROP COLUMN claims, DROP COLUMN claims_lost,
    DROP COLUMN answers_in_time, DROP COLUMN answers_missed, DROP COLUMN counted, DROP COLUMN score_version,
    DROP COLUMN score_changes, DROP COLUMN score, DROP COLUMN punctuality_points, DROP COLUMN disputes_points,
    DROP COLUMN claims_points, DROP COLUMN answers_points, DROP COLUMN volume_points;
