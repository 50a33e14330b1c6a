-- migrate:up

-- Who may come in over HTTP. Not from the log: a replay does not write it. Nothing is deleted, a key is revoked.
CREATE TABLE api_keys (
    key_id      text COLLATE "C" PRIMARY KEY,
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),  -- SHA-256 of 256 random bits
    tenant      text COLLATE "C" NOT NULL,                        -- '*': of those who run the installation
    scopes      text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'publish', 'operate', 'admin'] AND scopes <> '{}'),
    name        text NOT NULL CHECK (name <> ''),                 -- who holds it
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz
);

-- migrate:down
DROP TABLE api_keys;
