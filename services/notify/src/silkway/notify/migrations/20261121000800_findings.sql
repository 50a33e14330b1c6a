-- migrate:up

-- What the auditor found is in an incident of its invariant until somebody has settled it.
CREATE TABLE finding_views (
    tenant text COLLATE "C" NOT NULL,
    finding_id text COLLATE "C" NOT NULL,
    invariant text COLLATE "C" NOT NULL,
    about text COLLATE "C" NOT NULL,
    text text NOT NULL,
    event_id text COLLATE "C",
    incident_id text COLLATE "C",
    number bigint NOT NULL CHECK (number >= 0),
    settled_by text,
    settled_reason text,
    known_at timestamptz,
    PRIMARY KEY (tenant, finding_id),
    CHECK (number = 0 OR incident_id IS NOT NULL),
    CHECK (number = 0 OR settled_by IS NULL)
);
CREATE INDEX finding_views_incident ON finding_views (tenant, incident_id, number) WHERE number > 0;

ALTER TABLE incidents
    ADD COLUMN findings bigint NOT NULL DEFAULT 0 CHECK (findings >= 0),
    DROP CONSTRAINT incidents_at_most,
    DROP CONSTRAINT incidents_closed,
    ADD CONSTRAINT incidents_at_most CHECK (at_most >= orders + payments + suppliers + findings),
    ADD CONSTRAINT incidents_closed CHECK ((state = 'CLOSED') = (orders + payments + suppliers + findings = 0));

-- migrate:down
DELETE FROM incidents WHERE findings > 0;
ALTER TABLE incidents
    DROP COLUMN findings,
    ADD CONSTRAINT incidents_at_most CHECK (at_most >= orders + payments + suppliers),
    ADD CONSTRAINT incidents_closed CHECK ((state = 'CLOSED') = (orders + payments + suppliers = 0));
DROP TABLE finding_views;
