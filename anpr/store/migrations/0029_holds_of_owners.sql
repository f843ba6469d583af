-- A hold keeps what passed the gates of the organisation that made it: nobody keeps another's data past their day.
CREATE OR REPLACE VIEW held_transits WITH (security_invoker = true) AS
    SELECT h.id AS hold_id, h.ended_at, t.captured_at, t.id AS transit_id
    FROM holds h JOIN transits t
        ON t.captured_at >= h.since AND t.captured_at < h.until
        AND (h.plate IS NULL OR t.plate = h.plate)
        AND (h.gate_id IS NULL OR t.gate_id = h.gate_id)
        AND (h.transit_id IS NULL OR t.id = h.transit_id)
    LEFT JOIN gates g ON g.id = t.gate_id
    WHERE coalesce(g.organisation_id, 'manager') = h.organisation_id;
