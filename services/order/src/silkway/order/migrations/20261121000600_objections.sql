-- migrate:up

-- Each time in which an order was disputed is kept: a delivery that is read late is judged by the one it met.
CREATE TABLE order_objections (
    tenant text COLLATE "C" NOT NULL,
    order_id text COLLATE "C" NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    since timestamptz NOT NULL,
    known_at timestamptz NOT NULL CHECK (since <= known_at),
    resolved_at timestamptz,
    resolved_known_at timestamptz,
    PRIMARY KEY (tenant, order_id, number),
    CONSTRAINT resolved_whole CHECK ((resolved_at IS NULL) = (resolved_known_at IS NULL))
);
INSERT INTO order_objections
    SELECT tenant, order_id, 1, disputed_since, disputed_known_at,
           CASE WHEN issue = 'NONE' THEN resolved_at END, CASE WHEN issue = 'NONE' THEN resolved_known_at END
    FROM orders WHERE disputed_since IS NOT NULL;
ALTER TABLE orders DROP COLUMN disputed_since;

-- migrate:down

ALTER TABLE orders ADD COLUMN disputed_since timestamptz;
UPDATE orders SET disputed_since = disputed_known_at;
DROP TABLE order_objections;
