-- migrate:up

-- How long customs take is asked for by the time of release.
CREATE INDEX milestone_reports_released ON milestone_reports (tenant, occurred_at)
    WHERE kind = 'CUSTOMS_RELEASED' AND classifier = 'ACTUAL';

-- migrate:down
DROP INDEX milestone_reports_released;
