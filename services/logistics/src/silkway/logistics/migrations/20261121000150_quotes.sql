-- migrate:up

-- A way from one place to another: what is locked before its rates are changed, or a rule reads them.
CREATE TABLE lanes (
    tenant  text COLLATE "C" NOT NULL,
    lane_id text COLLATE "C" NOT NULL CHECK (lane_id ~ '^[A-Z]{2}[A-Z2-9]{3}-[A-Z]{2}[A-Z2-9]{3}$'),
    PRIMARY KEY (tenant, lane_id)
);

-- weekdays, promises and tariff are JSON that the rules wrote; nobody searches in them.
CREATE TABLE rate_cards (
    tenant       text COLLATE "C" NOT NULL,
    lane_id      text COLLATE "C" NOT NULL,
    rate_card_id text COLLATE "C" NOT NULL,
    carrier      text NOT NULL,
    service      text NOT NULL,
    mode         text NOT NULL CHECK (mode IN ('SEA', 'AIR', 'AIR_CHARTER', 'ROAD', 'RAIL', 'EXPRESS')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    valid_from   date NOT NULL,
    valid_until  date NOT NULL CHECK (valid_until >= valid_from),
    transit_days bigint NOT NULL CHECK (transit_days BETWEEN 0 AND 365),
    lead_days    bigint NOT NULL CHECK (lead_days BETWEEN 0 AND 90),
    weekdays     text NOT NULL,
    promises     text NOT NULL,
    stands_hours bigint NOT NULL CHECK (stands_hours BETWEEN 1 AND 720),
    tariff       text NOT NULL,
    published_at timestamptz NOT NULL,
    known_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant, lane_id, rate_card_id)
);
CREATE INDEX rate_cards_valid ON rate_cards (tenant, lane_id, valid_until, rate_card_id);

-- Quotes never change but for the order that takes one. need and options are JSON.
CREATE TABLE quotes (
    tenant      text COLLATE "C" NOT NULL,
    quote_id    text COLLATE "C" NOT NULL,
    lane_id     text COLLATE "C" NOT NULL,
    need        text NOT NULL,
    options     text NOT NULL,
    given_at    timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until > given_at),
    known_at    timestamptz NOT NULL,
    order_id    text COLLATE "C",
    PRIMARY KEY (tenant, quote_id)
) WITH (fillfactor = 90);

-- An order's way to its carrier. lines is NULL until the order is recorded: then only shipments can be there.
CREATE TABLE bookings (
    tenant    text COLLATE "C" NOT NULL,
    order_id  text COLLATE "C" NOT NULL,
    lines     text,
    countries text NOT NULL,
    placed_at timestamptz,
    cancelled boolean NOT NULL,
    decide_at timestamptz,
    PRIMARY KEY (tenant, order_id),
    CHECK (lines IS NOT NULL OR decide_at IS NULL)
) WITH (fillfactor = 70);

CREATE TABLE booking_attempts (
    tenant       text COLLATE "C" NOT NULL,
    order_id     text COLLATE "C" NOT NULL,
    attempt      bigint NOT NULL CHECK (attempt > 0),
    quote_id     text COLLATE "C" NOT NULL,
    option_id    text NOT NULL,
    state        text COLLATE "C" NOT NULL CHECK (state IN
                 ('CHOSEN', 'ACCEPTED', 'REFUSED', 'REQUESTED', 'CONFIRMED', 'DECLINED', 'CANCELLED')),
    chosen_at    timestamptz NOT NULL,
    lane_id      text COLLATE "C",
    offer        text,
    carrier      text,
    price_minor  bigint CHECK (price_minor >= 0),
    currency     text CHECK (currency ~ '^[A-Z]{3}$'),
    reason       text,
    new_quote_id text COLLATE "C",
    lines        text,
    requested_at timestamptz,
    rolled_at    timestamptz,
    departs_at   timestamptz,
    arrives_at   timestamptz,
    PRIMARY KEY (tenant, order_id, attempt),
    CHECK (num_nulls(offer, carrier, price_minor, currency) IN (0, 4)),
    CHECK (offer IS NOT NULL OR state IN ('CHOSEN', 'REFUSED', 'CANCELLED')),
    CHECK ((requested_at IS NULL) = (lines IS NULL)),
    CHECK ((requested_at IS NULL) OR offer IS NOT NULL),
    CHECK (state NOT IN ('REQUESTED', 'CONFIRMED', 'DECLINED') OR requested_at IS NOT NULL),
    CHECK (num_nulls(rolled_at, departs_at, arrives_at) IN (0, 3)),
    CHECK (rolled_at IS NULL OR requested_at IS NOT NULL),
    CHECK (state NOT IN ('REFUSED', 'DECLINED') OR reason IS NOT NULL),
    CHECK (new_quote_id IS NULL OR state IN ('REFUSED', 'DECLINED'))
) WITH (fillfactor = 70);
CREATE INDEX booking_attempts_state ON booking_attempts (tenant, state, order_id, attempt);

-- Shipments that carriers booked for an attempt, perhaps before we knew that we had asked.
CREATE TABLE booking_shipments (
    tenant      text COLLATE "C" NOT NULL,
    order_id    text COLLATE "C" NOT NULL,
    attempt     bigint NOT NULL CHECK (attempt > 0),
    shipment_id text COLLATE "C" NOT NULL,
    known_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant, order_id, attempt, shipment_id)
);

-- migrate:down
DROP TABLE booking_shipments, booking_attempts, bookings, quotes, rate_cards, lanes;
