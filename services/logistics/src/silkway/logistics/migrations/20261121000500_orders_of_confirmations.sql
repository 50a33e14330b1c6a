-- migrate:up

-- Whose goods the shipment carries: they hear of its plan when the carrier is asked after it has answered.
ALTER TABLE booking_shipments ADD COLUMN orders text NOT NULL DEFAULT '[]';

-- migrate:down
ALTER TABLE booking_shipments DROP COLUMN orders;
