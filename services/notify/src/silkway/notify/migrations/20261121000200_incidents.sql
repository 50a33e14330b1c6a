-- migrate:up

-- The whole life of an order: amended, cancelled, refunded, disputed, claimed, on its way and late.
ALTER TABLE order_views
    ADD COLUMN quote_id          text,
    ADD COLUMN option_id         text,
    ADD COLUMN booking           text CHECK (booking IN
                                 ('REQUESTED', 'CONFIRMED', 'DECLINED', 'REFUSED', 'CANCELLED')),
    ADD COLUMN booking_id        text,
    ADD COLUMN balance_due       text,
    ADD COLUMN inspection_gate   text,
    ADD COLUMN inspection        text NOT NULL DEFAULT 'NONE' CHECK (inspection IN
                                 ('NONE', 'BOOKED', 'PASSED', 'FAILED')),
    ADD COLUMN refund_due_minor  bigint NOT NULL DEFAULT 0 CHECK (refund_due_minor >= 0),
    ADD COLUMN refunded_minor    bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    ADD COLUMN hold_request      bigint NOT NULL DEFAULT 0 CHECK (hold_request >= 0),
    ADD COLUMN hold_answered     bigint NOT NULL DEFAULT 0 CHECK (hold_answered >= 0),
    ADD COLUMN hold_posted_minor bigint NOT NULL DEFAULT 0 CHECK (hold_posted_minor >= 0),
    ADD COLUMN hold_expires_at   timestamptz,
    ADD COLUMN cover_at_risk     boolean NOT NULL DEFAULT false,
    ADD COLUMN amendments        bigint NOT NULL DEFAULT 0 CHECK (amendments >= 0),
    ADD COLUMN claims_open       bigint NOT NULL DEFAULT 0 CHECK (claims_open >= 0),
    ADD COLUMN ship_by           date,
    ADD COLUMN deliver_by        date,
    ADD COLUMN eta               timestamptz,
    ADD COLUMN delayed_days      bigint NOT NULL DEFAULT 0 CHECK (delayed_days >= 0),
    ADD COLUMN cancelled_at      timestamptz,
    ADD COLUMN cancelled_by      text,
    DROP CONSTRAINT order_views_life_check,
    DROP CONSTRAINT order_views_assurance_check,
    DROP CONSTRAINT order_views_issue_check,
    DROP CONSTRAINT order_views_check4,
    ADD CHECK (life IN ('DRAFTED', 'PLACED', 'COMPLETED', 'SETTLED', 'CANCELLED')),
    ADD CHECK (assurance IN
        ('NONE', 'REQUESTED', 'HELD', 'PARTIAL', 'REFUSED', 'RELEASED', 'POSTED', 'VOIDED', 'EXPIRED')),
    ADD CHECK (issue IN ('NONE', 'DISPUTED')),
    ADD CONSTRAINT order_views_money CHECK (received_minor = escrow_minor + paid_out_minor + refunded_minor),
    ADD CHECK ((life = 'CANCELLED') = (cancelled_at IS NOT NULL));
CREATE INDEX order_views_issue ON order_views (tenant, issue, order_id) WHERE issue <> 'NONE';

ALTER TABLE order_view_lines
    ADD COLUMN amended_away boolean NOT NULL DEFAULT false;

ALTER TABLE order_view_shipments
    ADD COLUMN booking_id      text,
    ADD COLUMN split_from      text,
    ADD COLUMN eta             timestamptz,
    ADD COLUMN delayed_days    bigint NOT NULL DEFAULT 0 CHECK (delayed_days >= 0),
    ADD COLUMN delay_cause     text,
    ADD COLUMN delay_reference text,
    ADD COLUMN silent_since    timestamptz,
    ADD COLUMN customs_minutes bigint CHECK (customs_minutes >= 0),
    ADD COLUMN actual          text NOT NULL DEFAULT '[]',
    ADD COLUMN delivered       text NOT NULL DEFAULT '[]';

CREATE TABLE order_view_promises (
    tenant      text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    promise     text COLLATE "C" NOT NULL,
    inquiry_id  text COLLATE "C" NOT NULL,
    state       text NOT NULL CHECK (state IN ('AT_RISK', 'BROKEN', 'KEPT')),
    due_at      timestamptz NOT NULL,
    PRIMARY KEY (tenant, order_id, shipment_id, promise, inquiry_id)
) WITH (fillfactor = 80);

CREATE TABLE order_view_disputes (
    tenant       text COLLATE "C" NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    dispute_id   text COLLATE "C" NOT NULL,
    party        text NOT NULL,
    kind         text NOT NULL,
    opened_at    timestamptz NOT NULL,
    outcome      text,
    refund_minor bigint NOT NULL CHECK (refund_minor >= 0),
    closed_at    timestamptz,
    PRIMARY KEY (tenant, order_id, dispute_id),
    CHECK ((outcome IS NULL) = (closed_at IS NULL))
) WITH (fillfactor = 80);

CREATE TABLE order_view_claims (
    tenant              text COLLATE "C" NOT NULL,
    order_id            text COLLATE "C" NOT NULL,
    claim_id            text COLLATE "C" NOT NULL,
    kind                text NOT NULL,
    opened_by           text NOT NULL,
    state               text NOT NULL CHECK (state IN ('SUPPLIER_REVIEW', 'CONTESTED', 'AGREED', 'ESCALATED',
                        'UPHELD', 'REJECTED', 'PAID', 'WITHDRAWN', 'CLOSED')),
    amount_minor        bigint NOT NULL CHECK (amount_minor > 0),
    currency            text NOT NULL,
    opened_at           timestamptz NOT NULL,
    answer_by           timestamptz NOT NULL,
    paid_minor          bigint NOT NULL CHECK (paid_minor >= 0),
    recovery_open_minor bigint NOT NULL CHECK (recovery_open_minor >= 0),
    recovery_from       text,
    reason              text,
    PRIMARY KEY (tenant, order_id, claim_id)
) WITH (fillfactor = 70);

-- What is wrong with orders. number: that of the incident that has the order for it; 0: none has.
CREATE TABLE concerns (
    tenant          text COLLATE "C" NOT NULL,
    order_id        text COLLATE "C" NOT NULL,
    cause           text COLLATE "C" NOT NULL,
    scope           text COLLATE "C" NOT NULL,
    cause_reference text NOT NULL,
    incident_id     text COLLATE "C" NOT NULL,
    raised          boolean NOT NULL,
    number          bigint NOT NULL CHECK (number >= 0),
    since           timestamptz NOT NULL,
    PRIMARY KEY (tenant, order_id, cause, scope),
    CHECK (raised OR number = 0)
) WITH (fillfactor = 80);
CREATE INDEX concerns_incident ON concerns (tenant, incident_id, number, order_id);

ALTER TABLE supplier_views
    ALTER COLUMN currency DROP NOT NULL,
    ALTER COLUMN limit_minor DROP NOT NULL,
    ALTER COLUMN rules_version DROP NOT NULL,
    ADD COLUMN score               bigint CHECK (score BETWEEN 0 AND 100),
    ADD COLUMN score_parts         text,
    ADD COLUMN score_rules_version text,
    ADD CHECK ((limit_minor IS NULL) = (currency IS NULL)),
    ADD CHECK ((score IS NULL) = (score_parts IS NULL));

CREATE TABLE account_views (
    tenant     text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    unmatched  bigint NOT NULL CHECK (unmatched >= 0),
    known_at   timestamptz,
    PRIMARY KEY (tenant, account_id)
) WITH (fillfactor = 80);

-- A bank's entry: it is in an incident (number) while it found no order and has no other place.
CREATE TABLE payment_views (
    tenant      text COLLATE "C" NOT NULL,
    payment_id  text COLLATE "C" NOT NULL,
    unmatched   boolean NOT NULL,
    settled     boolean NOT NULL,
    incident_id text COLLATE "C",
    number      bigint NOT NULL CHECK (number >= 0),
    known_at    timestamptz,
    PRIMARY KEY (tenant, payment_id),
    CHECK (number = 0 OR (unmatched AND NOT settled AND incident_id IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX payment_views_incident ON payment_views (tenant, incident_id, number, payment_id) WHERE number > 0;

-- What has one cause, and how much suffers from it now. An incident opens again under its next number.
CREATE TABLE incidents (
    tenant          text COLLATE "C" NOT NULL,
    incident_id     text COLLATE "C" NOT NULL,
    cause           text COLLATE "C" NOT NULL,
    cause_reference text NOT NULL,
    number          bigint NOT NULL CHECK (number > 0),
    state           text NOT NULL CHECK (state IN ('OPEN', 'ACKNOWLEDGED', 'CLOSED')),
    severity        text NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'CRITICAL')),
    orders          bigint NOT NULL CHECK (orders >= 0),
    payments        bigint NOT NULL CHECK (payments >= 0),
    at_most         bigint NOT NULL CHECK (at_most >= orders + payments),
    opened_at       timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    acknowledged_by text,
    acknowledged_at timestamptz,
    note            text,
    closed_at       timestamptz,
    step            bigint NOT NULL CHECK (step >= 0),
    escalate_at     timestamptz,
    PRIMARY KEY (tenant, incident_id),
    CHECK ((state = 'CLOSED') = (orders + payments = 0)),
    CHECK ((state = 'CLOSED') = (closed_at IS NOT NULL)),
    CHECK (state <> 'ACKNOWLEDGED' OR acknowledged_by IS NOT NULL),
    CHECK (state = 'OPEN' OR escalate_at IS NULL)
) WITH (fillfactor = 70);
CREATE INDEX incidents_opened ON incidents (tenant, opened_at, incident_id);
CREATE INDEX incidents_open ON incidents (tenant, opened_at, incident_id) WHERE state <> 'CLOSED';
CREATE INDEX incidents_state ON incidents (tenant, state, opened_at, incident_id);
CREATE INDEX incidents_cause ON incidents (tenant, cause, opened_at, incident_id);

-- Who has heard of an incident by which rule, when it was open for the number-th time.
CREATE TABLE incident_heard (
    tenant      text COLLATE "C" NOT NULL,
    incident_id text COLLATE "C" NOT NULL,
    heard       text COLLATE "C" NOT NULL,
    number      bigint NOT NULL CHECK (number > 0),
    PRIMARY KEY (tenant, incident_id, heard)
) WITH (fillfactor = 80);

CREATE TABLE past_incidents (
    tenant          text COLLATE "C" NOT NULL,
    incident_id     text COLLATE "C" NOT NULL,
    number          bigint NOT NULL CHECK (number > 0),
    opened_at       timestamptz NOT NULL,
    closed_at       timestamptz NOT NULL,
    at_most         bigint NOT NULL,
    acknowledged_by text,
    acknowledged_at timestamptz,
    escalations     bigint NOT NULL,
    PRIMARY KEY (tenant, incident_id, number)
);

-- A notice is a text and its parameters; `text` is it in English. What is about no order is about a supplier or
-- an incident.
ALTER TABLE notices
    ALTER COLUMN order_id DROP NOT NULL,
    ADD COLUMN supplier_id     text COLLATE "C",
    ADD COLUMN incident_id     text COLLATE "C",
    ADD COLUMN incident_number bigint,
    ADD COLUMN recipient       text COLLATE "C",
    ADD COLUMN text_id         text NOT NULL DEFAULT '',
    ADD COLUMN parameters      text NOT NULL DEFAULT '{}',
    ADD COLUMN rules_version   text NOT NULL DEFAULT 'V1',
    DROP CONSTRAINT notices_audience_check,
    DROP CONSTRAINT notices_severity_check,
    ADD CHECK (audience IN ('OPERATIONS', 'BUYER', 'SUPPLIER')),
    ADD CHECK (severity IN ('INFO', 'WARNING', 'CRITICAL')),
    ADD CHECK ((audience = 'OPERATIONS') = (recipient IS NULL)),
    ADD CHECK (num_nonnulls(order_id, supplier_id, incident_id) > 0),
    ADD CHECK ((incident_id IS NULL) = (incident_number IS NULL));
CREATE INDEX notices_audience ON notices (tenant, audience, known_at, notice_id);
CREATE INDEX notices_recipient ON notices (tenant, audience, recipient, known_at, notice_id)
    WHERE recipient IS NOT NULL;
CREATE INDEX notices_incident ON notices (tenant, incident_id, known_at, notice_id) WHERE incident_id IS NOT NULL;

ALTER TABLE feed
    ALTER COLUMN order_id DROP NOT NULL,
    ALTER COLUMN teller DROP NOT NULL,
    ALTER COLUMN position DROP NOT NULL,
    ADD COLUMN incident_id text COLLATE "C";

-- migrate:down
DROP TABLE past_incidents, incident_heard, incidents, payment_views, account_views, concerns, order_view_claims,
    order_view_disputes, order_view_promises;
