-- migrate:up

-- A supplier whose limit is short of what is in use is in an incident, as orders and payments are.
ALTER TABLE supplier_views
    ADD COLUMN incident_id text COLLATE "C",
    ADD COLUMN number bigint NOT NULL DEFAULT 0 CHECK (number >= 0),
    ADD CHECK (number = 0 OR incident_id IS NOT NULL);
CREATE INDEX supplier_views_incident ON supplier_views (tenant, incident_id, number) WHERE number > 0;

ALTER TABLE incidents
    ADD COLUMN suppliers bigint NOT NULL DEFAULT 0 CHECK (suppliers >= 0),
    DROP CONSTRAINT incidents_check,
    DROP CONSTRAINT incidents_check1,
    ADD CONSTRAINT incidents_at_most CHECK (at_most >= orders + payments + suppliers),
    ADD CONSTRAINT incidents_closed CHECK ((state = 'CLOSED') = (orders + payments + suppliers = 0));

-- migrate:down
DELETE FROM incidents WHERE suppliers > 0;
ALTER TABLE incidents
    DROP COLUMN suppliers,
    ADD CONSTRAINT incidents_check CHECK (at_most >= orders + payments),
    ADD CONSTRAINT incidents_check1 CHECK ((state = 'CLOSED') = (orders + payments = 0));
ALTER TABLE supplier_views DROP COLUMN number, DROP COLUMN incident_id;
