-- migrate:up

-- Where operations moved a service's place in the log, and why: the engine itself never does.
CREATE TABLE offset_resets (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic     text   NOT NULL,
    partition int    NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    "by"      text   NOT NULL,
    reason    text   NOT NULL CHECK (reason <> ''),
    halted    text,                                     -- why it stood still, if it did
    committed bigint,                                   -- what Kafka had been told, if anything
    offset_before bigint NOT NULL CHECK (offset_before >= 0),
    offset_after  bigint NOT NULL CHECK (offset_after >= 0)
);

-- migrate:down
DROP TABLE offset_resets;
