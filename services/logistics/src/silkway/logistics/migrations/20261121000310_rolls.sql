-- migrate:up

-- The whole of the last roll-over, for the shipments that confirm the booking after it.
ALTER TABLE booking_attempts
    ADD COLUMN roll text,
    ADD CHECK (roll IS NULL OR rolled_at IS NOT NULL);

-- migrate:down
ALTER TABLE booking_attempts DROP COLUMN roll;
