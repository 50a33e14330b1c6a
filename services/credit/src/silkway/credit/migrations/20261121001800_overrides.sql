-- migrate:up

-- Another limit than the rules give, for a time, by two people.
CREATE TABLE limit_overrides (
    tenant text COLLATE "C" NOT NULL,
    override_key text COLLATE "C" NOT NULL,
    supplier_id text COLLATE "C" NOT NULL,
    override_id text COLLATE "C" NOT NULL,
    limit_minor bigint NOT NULL CHECK (limit_minor BETWEEN 0 AND 100000000),
    until timestamptz NOT NULL,
    reason text NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    approved_by text CHECK (approved_by <> proposed_by),
    approved_at timestamptz,
    PRIMARY KEY (tenant, override_key),
    CONSTRAINT approved_whole CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);
CREATE INDEX limit_overrides_of_supplier ON limit_overrides (tenant, supplier_id, proposed_at DESC, override_id);

ALTER TABLE suppliers
    ADD COLUMN override_minor bigint CHECK (override_minor BETWEEN 0 AND 100000000),
    ADD COLUMN override_until timestamptz,
    ADD COLUMN override_text text,
    ADD CONSTRAINT override_whole CHECK (
        (override_minor IS NULL) = (override_until IS NULL) AND (override_minor IS NULL) = (override_text IS NULL));

-- migrate:down

ALTER TABLE suppliers DROP COLUMN override_minor, DROP COLUMN override_until, DROP COLUMN override_text;
DROP TABLE limit_overrides;
