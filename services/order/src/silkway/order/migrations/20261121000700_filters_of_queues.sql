-- migrate:up

-- What waits for people, by party, currency and reason: of the few rows that wait, not of all.
CREATE INDEX orders_with_refund_due_of_buyer ON orders (tenant, buyer_id, order_id)
    WHERE refund_due_minor > 0;
CREATE INDEX orders_with_refund_due_of_supplier ON orders (tenant, supplier_id, order_id)
    WHERE refund_due_minor > 0;
CREATE INDEX orders_with_refund_due_in_currency ON orders (tenant, currency, order_id)
    WHERE refund_due_minor > 0;
CREATE INDEX orders_with_payout_due_of_buyer ON orders (tenant, buyer_id, order_id)
    WHERE payout_due_minor > 0;
CREATE INDEX orders_with_payout_due_of_supplier ON orders (tenant, supplier_id, order_id)
    WHERE payout_due_minor > 0;
CREATE INDEX orders_with_payout_due_in_currency ON orders (tenant, currency, order_id)
    WHERE payout_due_minor > 0;
CREATE INDEX payments_unmatched_in_currency ON payments (tenant, currency, payment_id) WHERE state = 'UNMATCHED';
CREATE INDEX payments_unmatched_for_reason ON payments (tenant, reason, payment_id) WHERE state = 'UNMATCHED';
CREATE INDEX payments_to_return_in_currency ON payments (tenant, currency, payment_id) WHERE state = 'RETURN_DUE';

-- migrate:down
DROP INDEX orders_with_refund_due_of_buyer, orders_with_refund_due_of_supplier, orders_with_refund_due_in_currency,
    orders_with_payout_due_of_buyer, orders_with_payout_due_of_supplier, orders_with_payout_due_in_currency,
    payments_unmatched_in_currency, payments_unmatched_for_reason, payments_to_return_in_currency;
