-- migrate:up

-- Two people for a payout: who approved how much, and what of it another has countersigned.
CREATE TABLE payout_releases (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    released_minor bigint NOT NULL CHECK (released_minor >= 0),
    PRIMARY KEY (tenant, order_id)
);
CREATE TABLE payout_consents (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    approved_by text COLLATE "C" NOT NULL,
    approved_minor bigint NOT NULL CHECK (approved_minor > 0),
    released_minor bigint NOT NULL CHECK (released_minor BETWEEN 0 AND approved_minor),
    PRIMARY KEY (tenant, order_id, approved_by)
);
CREATE TABLE payout_countersignatures (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    countersigned_by text NOT NULL,
    countersigned_at timestamptz NOT NULL,
    told_by text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, order_id, told_by)
);

-- What was approved before, as the log would write it now.
INSERT INTO payout_consents
SELECT tenant, order_id, approved_by, sum(amount_minor), 0 FROM payout_approvals GROUP BY 1, 2, 3;
INSERT INTO payout_releases SELECT DISTINCT tenant, order_id, 0 FROM payout_consents;

-- migrate:down

DROP TABLE payout_countersignatures, payout_consents, payout_releases;
