-- migrate:up

-- What was settled stays settled, also when the log is read anew and the settlement comes before its finding.
CREATE TABLE settlements (
    tenant text COLLATE "C" NOT NULL,
    finding_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, finding_id)
);
INSERT INTO settlements SELECT tenant, finding_id::text FROM findings WHERE settled;

-- migrate:down
DROP TABLE settlements;
