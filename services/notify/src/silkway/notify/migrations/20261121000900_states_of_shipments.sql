-- migrate:up

-- Said at last as for every other state, and as logistics says it of its own.
ALTER TABLE order_view_shipments ADD CONSTRAINT order_view_shipments_state_check CHECK (state IN
    ('QUOTED', 'BOOKED', 'IN_TRANSIT', 'AVAILABLE', 'OUT_FOR_DELIVERY', 'DELIVERED', 'CLOSED'));

-- migrate:down

ALTER TABLE order_view_shipments DROP CONSTRAINT order_view_shipments_state_check;
