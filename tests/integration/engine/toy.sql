CREATE TABLE accounts (
    tenant        text   NOT NULL,
    account_id    text   NOT NULL,
    balance_minor bigint NOT NULL CHECK (balance_minor >= 0),
    order_id      text,
    next_order_id text,
    PRIMARY KEY (tenant, account_id)
);
CREATE TABLE suppliers (
    tenant      text   NOT NULL,
    supplier_id text   NOT NULL,
    orders      bigint NOT NULL,
    total_minor bigint NOT NULL,
    PRIMARY KEY (tenant, supplier_id)
);
CREATE TABLE orders (
    tenant      text    NOT NULL,
    order_id    text    NOT NULL,
    account_id  text    NOT NULL,
    supplier_id text    NOT NULL,
    total_minor bigint  NOT NULL,
    paid_minor  bigint  NOT NULL,
    accepted    boolean NOT NULL,
    due_at      timestamptz,
    PRIMARY KEY (tenant, order_id)
);
CREATE TABLE marks (
    tenant     text   NOT NULL,
    order_id   text   NOT NULL,
    number     bigint NOT NULL,
    text       text   NOT NULL CHECK (text <> 'forbidden'),
    paid_minor bigint NOT NULL,
    known_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant, order_id, number)
);
CREATE TABLE payouts (
    tenant       text   NOT NULL,
    reference    text   NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (tenant, reference)
);
