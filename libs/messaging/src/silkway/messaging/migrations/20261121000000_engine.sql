-- migrate:up

-- How far each partition has been read. These rows, not Kafka's committed offsets, are the truth.
CREATE TABLE offsets (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    fingerprint bigint,          -- of the last record read: tells a recreated topic from the one we know
    halted      text,            -- why this partition stands still, if it does
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- The last tick of each clock in each partition.
CREATE TABLE ticks (
    clock     text        NOT NULL,
    topic     text        NOT NULL,
    partition int         NOT NULL,
    tick      timestamptz NOT NULL,
    PRIMARY KEY (clock, topic, partition)
) WITH (fillfactor = 50);

-- own: until when this service has judged deadlines; forward: the tick it has passed on.
CREATE TABLE clocks (
    clock   text PRIMARY KEY,
    own     timestamptz,
    forward timestamptz
) WITH (fillfactor = 50);

-- One row for each aggregate: what is locked before anything is decided about it.
CREATE TABLE aggregates (
    rank    smallint           NOT NULL,
    key     text COLLATE "C"   NOT NULL,   -- {tenant}/{id}
    version bigint             NOT NULL DEFAULT 0 CHECK (version >= 0),
    seen    jsonb              NOT NULL DEFAULT '{}',   -- last version seen of each of our services
    waiting int                NOT NULL DEFAULT 0 CHECK (waiting >= 0),
    parked  int                NOT NULL DEFAULT 0 CHECK (parked >= 0),
    clock   text               NOT NULL,
    due_at  timestamptz,
    PRIMARY KEY (rank, key)
) WITH (fillfactor = 70);
CREATE INDEX aggregates_due ON aggregates (clock, due_at, rank, key) WHERE due_at IS NOT NULL AND parked = 0;

-- Every event from outside, once, with what became of it.
CREATE TABLE inbox (
    identity  uuid PRIMARY KEY,
    body_hash uuid NOT NULL,
    outcome   text NOT NULL DEFAULT 'applied'
              CHECK (outcome IN ('applied', 'refused', 'waiting', 'parked', 'discarded')),
    detail    jsonb,
    place     text NOT NULL
);

CREATE TABLE refused (
    place    text PRIMARY KEY,
    tenant   text,
    source   text,
    event_id text,
    type     text,
    field    text NOT NULL,
    reason   text NOT NULL,
    remedy   text NOT NULL,
    record   bytea NOT NULL
);
CREATE INDEX refused_identity ON refused (tenant, source, event_id);

-- Records that are valid and came too early, whole, at the aggregate they wait for.
CREATE TABLE waiting (
    place    text PRIMARY KEY,
    rank     smallint NOT NULL,
    key      text COLLATE "C" NOT NULL,
    arrival  bigint NOT NULL,
    cause    text NOT NULL CHECK (cause IN ('version', 'parked', 'not_yet', 'clock')),
    wants    text NOT NULL,
    tenant   text NOT NULL,
    known_at timestamptz,
    record   bytea NOT NULL
);
CREATE INDEX waiting_aggregate ON waiting (rank, key);
CREATE INDEX waiting_tenant ON waiting (tenant);

-- Records and timers that could not be applied, whole. Their aggregate stands still until redrive or discard.
CREATE TABLE parked (
    place    text PRIMARY KEY,
    rank     smallint NOT NULL,
    key      text COLLATE "C" NOT NULL,
    tenant   text NOT NULL,
    type     text NOT NULL,
    error    text NOT NULL,
    attempts int NOT NULL CHECK (attempts > 0),
    known_at timestamptz NOT NULL,
    record   bytea           -- absent for a timer
);
CREATE INDEX parked_tenant ON parked (tenant);

CREATE TABLE outbox (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic     text  NOT NULL,
    partition int   NOT NULL,
    payload   bytea NOT NULL
);
ALTER TABLE outbox ALTER payload SET STORAGE EXTERNAL;
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
                        autovacuum_vacuum_cost_delay = 0);

-- One row a transaction: replayed from the log in id order it gives the same state, ids and versions.
CREATE TABLE journal (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry bytea NOT NULL
);
ALTER TABLE journal ALTER entry SET STORAGE EXTERNAL;

-- migrate:down
DROP TABLE journal, outbox, parked, waiting, refused, inbox, aggregates, clocks, ticks, offsets;
