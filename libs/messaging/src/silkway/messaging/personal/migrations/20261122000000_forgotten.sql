-- migrate:up

-- Which facts had texts that were erased: one that is sent again must not bring them back.
CREATE TABLE forgotten (
    tenant text COLLATE "C" NOT NULL,
    origin uuid NOT NULL,
    PRIMARY KEY (tenant, origin)
);

-- migrate:down
DROP TABLE forgotten;
