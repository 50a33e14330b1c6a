-- migrate:up

-- What was erased, to be erased again where an older copy of it comes back.
CREATE TABLE erasures (
    tenant     text COLLATE "C" NOT NULL,
    erasure_id text COLLATE "C" NOT NULL,
    about      text NOT NULL,
    by         text NOT NULL,
    erased_at  timestamptz NOT NULL,
    known_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant, erasure_id)
);

-- migrate:down
DROP TABLE erasures;
