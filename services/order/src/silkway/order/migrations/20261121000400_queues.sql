-- migrate:up

CREATE INDEX payments_unmatched_of_account ON payments (tenant, account_id, payment_id) WHERE state = 'UNMATCHED';
CREATE INDEX payments_to_return_of_account ON payments (tenant, account_id, payment_id) WHERE state = 'RETURN_DUE';

-- migrate:down
DROP INDEX payments_unmatched_of_account, payments_to_return_of_account;
