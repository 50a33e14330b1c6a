-- migrate:up

-- How far each partition has been read, and by clock the last tick in it.
CREATE TABLE positions (
    topic text COLLATE "C" NOT NULL,
    partition int NOT NULL,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    ticks jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (topic, partition)
);

-- What is remembered of each subject: tenant/kind/id. `waits`: something in it is still to be judged,
-- noted at last in turn `turn`.
CREATE TABLE books (
    key text COLLATE "C" PRIMARY KEY,
    book bytea NOT NULL,
    waits boolean NOT NULL,
    turn bigint NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);
ALTER TABLE books ALTER COLUMN book SET STORAGE MAIN;
CREATE INDEX books_waiting ON books (key) WHERE waits;

CREATE TABLE findings (
    finding_id uuid PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    invariant text COLLATE "C" NOT NULL,
    text text NOT NULL,
    event_id text NOT NULL,
    known_at timestamptz NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    published boolean NOT NULL DEFAULT false,
    settled boolean NOT NULL DEFAULT false
);
CREATE INDEX findings_newest ON findings (tenant, found_at DESC, finding_id DESC);
CREATE INDEX findings_unpublished ON findings (found_at) WHERE NOT published;
CREATE INDEX findings_open ON findings (invariant) WHERE NOT settled;

-- migrate:down
DROP TABLE findings, books, positions;
