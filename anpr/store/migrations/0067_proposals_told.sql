-- Who decides on proposals of lists is told of them by a message, if the recipient says so: a row of the ledger each, beside alarms.
ALTER TABLE notification_recipients ADD COLUMN proposals boolean NOT NULL DEFAULT false;
ALTER TABLE notifications ADD COLUMN proposal_id bigint;
ALTER TABLE notifications DROP CONSTRAINT notifications_asked;
ALTER TABLE notifications ADD CONSTRAINT notifications_asked
    CHECK (CASE WHEN proposal_id IS NULL THEN alarm_id IS NOT NULL OR asked_by IS NOT NULL ELSE alarm_id IS NULL AND asked_by IS NULL END);
CREATE UNIQUE INDEX notifications_proposal_once ON notifications (proposal_id, channel, recipient_id) WHERE proposal_id IS NOT NULL;

-- A hold may name many transits, those that were marked for a case: one hold to change and to end. They are looked up by their key.
ALTER TABLE holds ADD COLUMN is_listed boolean NOT NULL DEFAULT false;
ALTER TABLE holds DROP CONSTRAINT holds_check1;
ALTER TABLE holds ADD CONSTRAINT holds_what CHECK ((num_nonnulls(plate, gate_id, transit_id) > 0) <> is_listed);
CREATE TABLE hold_transits (
    hold_id     bigint      NOT NULL REFERENCES holds ON DELETE CASCADE,
    captured_at timestamptz NOT NULL,
    transit_id  uuid        NOT NULL,
    PRIMARY KEY (hold_id, captured_at, transit_id)
);
CREATE INDEX hold_transits_of ON hold_transits (captured_at, transit_id);
CREATE OR REPLACE VIEW held_transits WITH (security_invoker = true) AS
    SELECT h.id AS hold_id, h.ended_at, t.captured_at, t.id AS transit_id
    FROM holds h JOIN transits t
        ON NOT h.is_listed AND t.captured_at >= h.since AND t.captured_at < h.until
        AND (h.plate IS NULL OR t.plate = h.plate)
        AND (h.gate_id IS NULL OR t.gate_id = h.gate_id)
        AND (h.transit_id IS NULL OR t.id = h.transit_id)
    LEFT JOIN gates g ON g.id = t.gate_id
    WHERE coalesce(g.organisation_id, 'manager') = h.organisation_id
    UNION ALL
    SELECT h.id, h.ended_at, t.captured_at, t.id
    FROM holds h JOIN hold_transits x ON x.hold_id = h.id JOIN transits t ON t.captured_at = x.captured_at AND t.id = x.transit_id
    LEFT JOIN gates g ON g.id = t.gate_id
    WHERE coalesce(g.organisation_id, 'manager') = h.organisation_id;
