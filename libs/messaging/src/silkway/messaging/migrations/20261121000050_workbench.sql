-- migrate:up

-- What was done with each parked record, and what came of it: kept when the record is parked no more.
CREATE TABLE parked_attempts (
    place    text   NOT NULL,
    number   bigint NOT NULL CHECK (number > 0),
    tenant   text   NOT NULL,
    action   text   NOT NULL CHECK (action IN ('read', 'redrive', 'discard')),
    at       timestamptz NOT NULL,
    "by"     text   NOT NULL,    -- empty where the service read it by itself
    reason   text   NOT NULL,
    outcome  text   NOT NULL CHECK (outcome IN ('applied', 'refused', 'waiting', 'parked', 'discarded')),
    error    text,               -- why it was parked
    fix      text,               -- the data that was tried in place of its own
    original bytea,              -- the record whole as it came, where a fix was tried
    command  text,               -- place of the command in the log
    PRIMARY KEY (place, number)
);
CREATE INDEX parked_attempts_command ON parked_attempts (command);

ALTER TABLE parked
    ADD recorded_ms bigint NOT NULL DEFAULT -1,    -- Kafka's time of the record; -1: not known
    ADD topic text GENERATED ALWAYS AS
        (CASE WHEN record IS NULL THEN 'timer' ELSE substring(place FROM '^(.*)/[0-9]+/[0-9]+$') END) STORED,
    ADD fault text GENERATED ALWAYS AS (left(split_part(error, ':', 1), 200)) STORED;

-- The workbench's list, by each of its filters, the oldest first.
DROP INDEX parked_tenant;
CREATE INDEX parked_oldest ON parked (tenant, known_at, place);
CREATE INDEX parked_topic ON parked (tenant, topic, known_at, place);
CREATE INDEX parked_type ON parked (tenant, type, known_at, place);
CREATE INDEX parked_fault ON parked (tenant, fault, known_at, place);
CREATE INDEX parked_aggregate ON parked (rank, key);

-- migrate:down
DROP INDEX parked_oldest, parked_topic, parked_type, parked_fault, parked_aggregate;
CREATE INDEX parked_tenant ON parked (tenant);
ALTER TABLE parked DROP recorded_ms, DROP topic, DROP fault;
DROP TABLE parked_attempts;
