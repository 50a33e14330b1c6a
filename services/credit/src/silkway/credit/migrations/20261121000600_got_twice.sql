-- migrate:up

-- What was paid on a claim comes back from the supplier and from the buyer, each its own part.
ALTER TABLE claims
    ADD COLUMN buyer_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN buyer_recovered_minor bigint NOT NULL DEFAULT 0;
UPDATE claims SET buyer_minor = paid_minor, buyer_recovered_minor = recovered_minor WHERE due_from = 'BUYER';
ALTER TABLE claims
    ADD CONSTRAINT each_its_part CHECK (
        buyer_recovered_minor BETWEEN 0 AND buyer_minor
        AND recovered_minor - buyer_recovered_minor BETWEEN 0 AND paid_minor - buyer_minor),
    ADD CONSTRAINT due_from_the_buyer_alone CHECK (
        (due_from IS NOT DISTINCT FROM 'BUYER') = (paid_minor > 0 AND buyer_minor = paid_minor));

ALTER TABLE recoveries
    ADD COLUMN received_from text NOT NULL DEFAULT 'SUPPLIER' CHECK (received_from IN ('BUYER', 'SUPPLIER'));

-- migrate:down

ALTER TABLE recoveries DROP COLUMN received_from;
ALTER TABLE claims
    DROP CONSTRAINT due_from_the_buyer_alone, DROP CONSTRAINT each_its_part,
    DROP COLUMN buyer_minor, DROP COLUMN buyer_recovered_minor;
