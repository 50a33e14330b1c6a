-- migrate:up

ALTER TABLE shipments
    ADD COLUMN booking_id             text,
    ADD COLUMN promises               text NOT NULL DEFAULT '',
    ADD COLUMN insured                boolean NOT NULL DEFAULT false,
    ADD COLUMN lane                   text,
    ADD COLUMN split_from             text COLLATE "C",
    ADD COLUMN split_at               timestamptz,
    ADD COLUMN origin                 text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN watched                boolean NOT NULL DEFAULT false,
    ADD COLUMN heard_at               timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN hear_by                timestamptz,
    ADD COLUMN silent                 boolean NOT NULL DEFAULT false,
    ADD COLUMN eta_at                 timestamptz,
    ADD COLUMN eta_utc_offset_minutes bigint NOT NULL DEFAULT 0,
    ADD COLUMN told_eta_at            timestamptz,
    ADD COLUMN eta_changes            bigint NOT NULL DEFAULT 0,
    ADD CHECK ((split_from IS NULL) = (split_at IS NULL)),
    ADD CHECK (NOT silent OR hear_by IS NULL),
    ADD CHECK (state NOT IN ('DELIVERED', 'CLOSED') OR (hear_by IS NULL AND eta_at IS NULL)),
    ADD CHECK (told_eta_at IS NULL OR eta_at IS NOT NULL),
    ADD CHECK (eta_changes >= 0 AND abs(eta_utc_offset_minutes) < 1440);
UPDATE shipments SET origin = shipment_id, heard_at = known_at;
ALTER TABLE shipments
    ALTER COLUMN promises DROP DEFAULT, ALTER COLUMN insured DROP DEFAULT, ALTER COLUMN origin DROP DEFAULT,
    ALTER COLUMN watched DROP DEFAULT, ALTER COLUMN heard_at DROP DEFAULT, ALTER COLUMN silent DROP DEFAULT,
    ALTER COLUMN eta_utc_offset_minutes DROP DEFAULT, ALTER COLUMN eta_changes DROP DEFAULT;
CREATE INDEX shipments_mode ON shipments (tenant, mode, shipment_id);
CREATE INDEX shipments_silent ON shipments (tenant, shipment_id) WHERE silent;
CREATE INDEX shipments_exception ON shipments (tenant, shipment_id) WHERE exception;

-- Pieces that have moved on to a shipment split from this one leave a line of 0.
ALTER TABLE shipment_lines DROP CONSTRAINT shipment_lines_quantity_check, ADD CHECK (quantity >= 0);
ALTER TABLE order_shipments DROP CONSTRAINT order_shipments_quantity_check, ADD CHECK (quantity >= 0);

CREATE TABLE shipment_legs (
    tenant        text COLLATE "C" NOT NULL,
    shipment_id   text COLLATE "C" NOT NULL,
    leg           bigint NOT NULL CHECK (leg >= 0),
    mode          text NOT NULL CHECK (mode IN ('SEA', 'AIR', 'AIR_CHARTER', 'ROAD', 'RAIL', 'EXPRESS', 'UNSPECIFIED')),
    from_place    text,
    to_place      text,
    from_location text,
    to_location   text,
    vessel        text,
    voyage        text,
    PRIMARY KEY (tenant, shipment_id, leg)
);

-- The shipments that each one was split into.
CREATE TABLE shipment_parts (
    tenant      text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    child_id    text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, shipment_id, child_id)
);

-- What each source says of each milestone; the milestones themselves follow from all of them together.
CREATE TABLE milestone_reports (
    tenant             text COLLATE "C" NOT NULL,
    shipment_id        text COLLATE "C" NOT NULL,
    leg                bigint NOT NULL CHECK (leg >= 0),
    call               bigint NOT NULL CHECK (call >= 0),
    kind               text COLLATE "C" NOT NULL,
    classifier         text COLLATE "C" NOT NULL CHECK (classifier IN ('PLANNED', 'ESTIMATED', 'ACTUAL')),
    occasion           timestamptz NOT NULL,
    source             text COLLATE "C" NOT NULL,
    questioned         boolean NOT NULL CHECK (classifier = 'ACTUAL' OR NOT questioned),
    occurred_at        timestamptz NOT NULL,
    utc_offset_minutes bigint NOT NULL CHECK (abs(utc_offset_minutes) < 1440),
    known_at           timestamptz NOT NULL,
    retracted          text,
    place              text,
    location           text,
    vessel             text,
    voyage             text,
    cause              text,
    note               text,
    PRIMARY KEY (tenant, shipment_id, leg, call, kind, classifier, occasion, source, questioned),
    CHECK (occasion = 'epoch' OR occasion = occurred_at)
) WITH (fillfactor = 90);
-- Of several times that one source gave, the last it gave stands.
INSERT INTO milestone_reports
SELECT DISTINCT ON (m.tenant, m.shipment_id, m.leg, m.kind, m.classifier, occasion, s.source, m.questioned)
       m.tenant, m.shipment_id, m.leg, 0, m.kind, m.classifier,
       CASE WHEN m.kind IN ('OUT_FOR_DELIVERY', 'ATTEMPT_FAILED', 'EXCEPTION') THEN m.occurred_at ELSE 'epoch' END AS occasion,
       s.source, m.questioned, m.occurred_at, m.utc_offset_minutes, m.known_at, NULL, m.place, NULL, NULL, NULL, NULL, m.note
FROM milestones m, unnest(string_to_array(m.sources, ' ')) AS s (source)
ORDER BY m.tenant, m.shipment_id, m.leg, m.kind, m.classifier, occasion, s.source, m.questioned, m.known_at DESC, m.occurred_at DESC;
DROP TABLE milestones;

CREATE TABLE shipment_promises (
    tenant      text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    promise     text COLLATE "C" NOT NULL CHECK (promise IN ('FIVE_DAY_LINE', 'ANSWER_24H')),
    inquiry_id  text COLLATE "C" NOT NULL,
    due_at      timestamptz,
    status      text NOT NULL CHECK (status IN ('OPEN', 'AT_RISK', 'BROKEN', 'KEPT')),
    judged_at   timestamptz NOT NULL,
    wake_at     timestamptz,
    PRIMARY KEY (tenant, shipment_id, promise, inquiry_id),
    CHECK ((promise = 'ANSWER_24H') = (inquiry_id <> '')),
    CHECK (due_at IS NOT NULL OR status = 'OPEN'),
    CHECK ((wake_at IS NOT NULL) = (due_at IS NOT NULL AND status IN ('OPEN', 'AT_RISK')))
) WITH (fillfactor = 80);

CREATE TABLE inquiries (
    tenant      text COLLATE "C" NOT NULL,
    shipment_id text COLLATE "C" NOT NULL,
    inquiry_id  text COLLATE "C" NOT NULL,
    raised_at   timestamptz,
    raised_by   text,
    question    text,
    answered_at timestamptz,
    answered_by text,
    answer      text,
    PRIMARY KEY (tenant, shipment_id, inquiry_id),
    CHECK (num_nulls(raised_at, raised_by, question) IN (0, 3)),
    CHECK (num_nulls(answered_at, answered_by, answer) IN (0, 3)),
    CHECK (raised_at IS NOT NULL OR answered_at IS NOT NULL)
) WITH (fillfactor = 80);

-- Every ETA that the orders of a shipment were told.
CREATE TABLE eta_history (
    tenant             text COLLATE "C" NOT NULL,
    shipment_id        text COLLATE "C" NOT NULL,
    number             bigint NOT NULL CHECK (number > 0),
    eta_at             timestamptz NOT NULL,
    utc_offset_minutes bigint NOT NULL CHECK (abs(utc_offset_minutes) < 1440),
    basis              text NOT NULL,
    classifier         text NOT NULL CHECK (classifier IN ('PLANNED', 'ESTIMATED')),
    source             text NOT NULL,
    cause              text,
    known_at           timestamptz NOT NULL,
    PRIMARY KEY (tenant, shipment_id, number)
);

-- A reference names a shipment for a while; without an end, until the shipment is delivered.
ALTER TABLE shipment_references ADD COLUMN valid_from timestamptz, ADD COLUMN valid_until timestamptz;
UPDATE shipment_references r SET valid_from = s.booked_at FROM shipments s
WHERE s.tenant = r.tenant AND s.shipment_id = r.shipment_id;
ALTER TABLE shipment_references ALTER COLUMN valid_from SET NOT NULL;
DROP INDEX shipment_references_value;
CREATE INDEX shipment_references_value ON shipment_references (tenant, kind, value, shipment_id);

-- What is foreseen of each shipment's part of an order, and how its promise stands.
CREATE TABLE order_outlooks (
    tenant          text COLLATE "C" NOT NULL,
    order_id        text COLLATE "C" NOT NULL,
    shipment_id     text COLLATE "C" NOT NULL,
    on_time         boolean NOT NULL,
    due_at          timestamptz,
    status          text NOT NULL CHECK (status IN ('OPEN', 'AT_RISK', 'BROKEN', 'KEPT')),
    judged_at       timestamptz,
    wake_at         timestamptz,
    eta_on          date,
    delayed         boolean NOT NULL,
    cause           text,
    cause_reference text,
    vessel          text,
    voyage          text,
    PRIMARY KEY (tenant, order_id, shipment_id),
    CHECK (due_at IS NULL OR on_time),
    CHECK (due_at IS NOT NULL OR status = 'OPEN'),
    CHECK ((wake_at IS NOT NULL) = (due_at IS NOT NULL AND status IN ('OPEN', 'AT_RISK'))),
    CHECK (NOT delayed OR eta_on IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX order_outlooks_shipment ON order_outlooks (tenant, shipment_id);
CREATE INDEX order_outlooks_delayed ON order_outlooks (tenant, shipment_id) WHERE delayed;

-- migrate:down
CREATE TABLE milestones (
    tenant             text COLLATE "C" NOT NULL,
    shipment_id        text COLLATE "C" NOT NULL,
    leg                bigint NOT NULL CHECK (leg >= 0),
    kind               text COLLATE "C" NOT NULL,
    classifier         text COLLATE "C" NOT NULL CHECK (classifier IN ('PLANNED', 'ESTIMATED', 'ACTUAL')),
    occurred_at        timestamptz NOT NULL,
    utc_offset_minutes bigint NOT NULL CHECK (abs(utc_offset_minutes) < 1440),
    known_at           timestamptz NOT NULL,
    questioned         boolean NOT NULL CHECK (classifier = 'ACTUAL' OR NOT questioned),
    witnesses          bigint NOT NULL CHECK (witnesses > 0),
    sources            text NOT NULL,
    place              text,
    note               text,
    PRIMARY KEY (tenant, shipment_id, leg, kind, classifier, occurred_at)
) WITH (fillfactor = 90);
INSERT INTO milestones
SELECT tenant, shipment_id, leg, kind, classifier, occurred_at, min(utc_offset_minutes), min(known_at),
       bool_and(questioned), count(DISTINCT source), string_agg(DISTINCT source, ' '), min(place), min(note)
FROM milestone_reports WHERE retracted IS NULL GROUP BY 1, 2, 3, 4, 5, 6;
DROP TABLE order_outlooks, eta_history, inquiries, shipment_promises, milestone_reports, shipment_parts, shipment_legs;
DELETE FROM shipment_lines WHERE quantity = 0;
DELETE FROM order_shipments WHERE quantity = 0;
ALTER TABLE shipment_lines DROP CONSTRAINT shipment_lines_quantity_check, ADD CHECK (quantity > 0);
ALTER TABLE order_shipments DROP CONSTRAINT order_shipments_quantity_check, ADD CHECK (quantity > 0);
DROP INDEX shipment_references_value;
ALTER TABLE shipment_references DROP COLUMN valid_from, DROP COLUMN valid_until;
CREATE INDEX shipment_references_value ON shipment_references (tenant, kind, value);
DROP INDEX shipments_mode, shipments_silent, shipments_exception;
ALTER TABLE shipments
    DROP COLUMN booking_id, DROP COLUMN promises, DROP COLUMN insured, DROP COLUMN lane, DROP COLUMN split_from,
    DROP COLUMN split_at, DROP COLUMN origin, DROP COLUMN watched, DROP COLUMN heard_at, DROP COLUMN hear_by,
    DROP COLUMN silent, DROP COLUMN eta_at, DROP COLUMN eta_utc_offset_minutes, DROP COLUMN told_eta_at,
    DROP COLUMN eta_changes;
