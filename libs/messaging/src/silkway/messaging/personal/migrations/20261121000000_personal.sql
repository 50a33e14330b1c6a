-- migrate:up

-- What people wrote or are named in, encrypted; facts on the log hold the seal alone. `about` is what the fact is
-- about (supplier/S-1, order/PO-1), `origin` the fact's identity, so that a fact that is sent again gets its seals
-- again. Erasing deletes rows.
CREATE TABLE texts (
    seal       uuid PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    about      text COLLATE "C" NOT NULL,
    origin     uuid NOT NULL,
    field      text NOT NULL,
    key_id     text NOT NULL,
    nonce      bytea NOT NULL CHECK (length(nonce) = 12),
    ciphertext bytea NOT NULL,
    sealed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX texts_about ON texts (tenant, about);
CREATE INDEX texts_origin ON texts (origin);

-- When each erasure was done, by this database's own clock. The log knows of it too: it outlives this database.
CREATE TABLE erasures (
    tenant     text COLLATE "C" NOT NULL,
    erasure_id text COLLATE "C" NOT NULL,
    about      text NOT NULL,
    erased_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, erasure_id)
);

-- migrate:down
DROP TABLE erasures, texts;
