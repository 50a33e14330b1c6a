-- migrate:up

-- Why a shipment is expected when it is: what the others share that are late for the same reason.
ALTER TABLE covered_shipments ADD COLUMN eta_cause text;

-- migrate:down

ALTER TABLE covered_shipments DROP COLUMN eta_cause;
