-- migrate:up

-- Rows of their own are known by the fact that told them: a row without a key cannot be compared with the log.
ALTER TABLE payout_approvals ADD COLUMN told_by text COLLATE "C" NOT NULL DEFAULT '';
UPDATE payout_approvals SET told_by = ctid::text;
ALTER TABLE payout_approvals ALTER COLUMN told_by DROP DEFAULT, ADD PRIMARY KEY (tenant, order_id, told_by);
DROP INDEX payout_approvals_by_order;

ALTER TABLE inspections ADD COLUMN told_by text COLLATE "C" NOT NULL DEFAULT '';
UPDATE inspections SET told_by = ctid::text;
ALTER TABLE inspections ALTER COLUMN told_by DROP DEFAULT, ADD PRIMARY KEY (tenant, order_id, told_by);
DROP INDEX inspections_by_order;

-- migrate:down

DROP INDEX IF EXISTS payout_approvals_by_order, inspections_by_order;
ALTER TABLE payout_approvals DROP COLUMN told_by;
ALTER TABLE inspections DROP COLUMN told_by;
CREATE INDEX payout_approvals_by_order ON payout_approvals (tenant, order_id);
CREATE INDEX inspections_by_order ON inspections (tenant, order_id);
