-- migrate:up

-- Who wants to hear what, where. Times named …ing_since, …ed_at of deliveries are the sender's.
CREATE TABLE subscriptions (
    tenant          text COLLATE "C" NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    party           text NOT NULL CHECK (party IN ('OPERATIONS', 'BUYER', 'SUPPLIER')),
    party_id        text,
    channel         text NOT NULL CHECK (channel IN ('WEBHOOK', 'EMAIL')),
    address         text NOT NULL,
    language        text NOT NULL,
    time_zone       text NOT NULL,
    quiet_from      text,
    quiet_until     text,
    min_severity    text NOT NULL CHECK (min_severity IN ('INFO', 'WARNING', 'CRITICAL')),
    bundle_minutes  bigint NOT NULL CHECK (bundle_minutes >= 0),
    events          text,
    secret_ref      text NOT NULL,
    secret_since    timestamptz NOT NULL,
    registered_at   timestamptz NOT NULL,
    known_at        timestamptz NOT NULL,
    state           text COLLATE "C" NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'ENDED')),
    pause_reason    text,
    paused_at       timestamptz,
    resumed_at      timestamptz,
    delivered_at    timestamptz,
    failing_since   timestamptz,
    failures        bigint NOT NULL CHECK (failures >= 0),
    replays         bigint NOT NULL CHECK (replays >= 0),
    replay_from     timestamptz,
    PRIMARY KEY (tenant, subscription_id),
    CHECK ((party = 'OPERATIONS') = (party_id IS NULL)),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CHECK ((state = 'PAUSED') = (paused_at IS NOT NULL)),
    CHECK ((state = 'PAUSED') = (pause_reason IS NOT NULL)),
    CHECK ((failures = 0) = (failing_since IS NULL)),
    CHECK (replay_from IS NULL OR replays > 0)
) WITH (fillfactor = 50);
CREATE INDEX subscriptions_state ON subscriptions (tenant, state, subscription_id);
CREATE INDEX subscriptions_replaying ON subscriptions (tenant, subscription_id) WHERE replay_from IS NOT NULL;

-- By party, as the rules ask for them: OPERATIONS, BUYER/<id>, SUPPLIER/<id>.
CREATE TABLE directories (
    tenant text COLLATE "C" NOT NULL,
    party  text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, party)
);
CREATE TABLE directory_entries (
    tenant          text COLLATE "C" NOT NULL,
    party           text COLLATE "C" NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    channel         text NOT NULL,
    min_severity    text NOT NULL,
    events          text,
    active          boolean NOT NULL,
    PRIMARY KEY (tenant, party, subscription_id)
);

-- What is passed on, once for all who hear it: a CloudEvent as JSON.
CREATE TABLE messages (
    tenant     text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    type       text NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    notice     boolean NOT NULL,
    body       text NOT NULL,
    known_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant, message_id)
);

CREATE TABLE deliveries (
    tenant          text COLLATE "C" NOT NULL,
    delivery_id     text COLLATE "C" NOT NULL,
    subscription_id text COLLATE "C" NOT NULL,
    message_id      text COLLATE "C" NOT NULL,
    type            text NOT NULL,
    subject         text COLLATE "C" NOT NULL,
    position        bigint NOT NULL CHECK (position >= 0),
    severity        text CHECK (severity IN ('INFO', 'WARNING', 'CRITICAL')),
    known_at        timestamptz NOT NULL,
    state           text COLLATE "C" NOT NULL CHECK (state IN ('PENDING', 'DELIVERED', 'FAILED')),
    round           bigint NOT NULL CHECK (round >= 0),
    reports         bigint NOT NULL CHECK (reports >= 0),
    attempts        bigint NOT NULL CHECK (attempts >= 0),
    tries           bigint NOT NULL CHECK (tries >= 0),
    failing_since   timestamptz,
    retry_at        timestamptz,
    delivered_at    timestamptz,
    outcome         text CHECK (outcome IN ('DELIVERED', 'FAILED', 'REFUSED', 'GONE')),
    status          bigint,
    detail          text,
    PRIMARY KEY (tenant, delivery_id),
    CHECK (state <> 'DELIVERED' OR delivered_at IS NOT NULL),
    CHECK (state = 'PENDING' OR retry_at IS NULL)
) WITH (fillfactor = 70);
-- The queues: of each subscription, subject by subject, in order.
CREATE INDEX deliveries_pending ON deliveries (tenant, subscription_id, subject, position, delivery_id)
    WHERE state = 'PENDING';
CREATE INDEX deliveries_order ON deliveries (tenant, subscription_id, subject, position, delivery_id);
CREATE INDEX deliveries_known ON deliveries (tenant, known_at, delivery_id);
CREATE INDEX deliveries_state ON deliveries (tenant, state, known_at, delivery_id);
CREATE INDEX deliveries_subject ON deliveries (tenant, subject, known_at, delivery_id);
CREATE INDEX deliveries_subscription ON deliveries (tenant, subscription_id, known_at, delivery_id);
CREATE INDEX deliveries_subscription_state ON deliveries (tenant, subscription_id, state, known_at, delivery_id);

-- The delivery log.
CREATE TABLE attempts (
    tenant          text COLLATE "C" NOT NULL,
    delivery_id     text COLLATE "C" NOT NULL,
    number          bigint NOT NULL CHECK (number > 0),
    subscription_id text NOT NULL,
    attempt         bigint NOT NULL,
    outcome         text NOT NULL,
    status          bigint,
    detail          text,
    retry_at        timestamptz,
    reported_at     timestamptz NOT NULL,
    known_at        timestamptz NOT NULL,
    PRIMARY KEY (tenant, delivery_id, number)
);

-- The key that the secrets of webhooks are derived from, where the environment gives none. It is no state, hence
-- no primary key: an audit, which rebuilds all state from the log, must not miss it.
CREATE TABLE signing_key (
    only_one boolean NOT NULL DEFAULT true CHECK (only_one),
    key      bytea NOT NULL CHECK (length(key) >= 32)
);
CREATE UNIQUE INDEX signing_key_once ON signing_key (only_one);

-- migrate:down
DROP TABLE signing_key, attempts, deliveries, messages, directory_entries, directories, subscriptions;
