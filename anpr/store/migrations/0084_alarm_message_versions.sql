-- An alarm that is opened again and closed anew has another outcome: each closing is a version of the message, with what it told.
-- One that was overtaken before it was taken is superseded. Outcomes from before are of the closing that they were sent after.
ALTER TABLE alarm_messages
    ADD COLUMN version   integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    ADD COLUMN outcome   text,
    ADD COLUMN closed_at timestamptz,
    DROP CONSTRAINT alarm_messages_pkey,
    ADD PRIMARY KEY (alarm_id, destination, message, version),
    DROP CONSTRAINT alarm_messages_state_check,
    ADD CONSTRAINT alarm_messages_state_check CHECK (state IN ('queued', 'sent', 'accepted', 'rejected', 'dead', 'superseded'));
UPDATE alarm_messages m SET closed_at = least(a.closed_at, m.settled_at),
    outcome = CASE WHEN m.settled_at IS NULL OR a.closed_at <= m.settled_at THEN a.outcome END
FROM alarms a WHERE a.id = m.alarm_id AND m.message = 'outcome';
CREATE INDEX alarm_messages_untaken ON alarm_messages (destination) WHERE state IN ('queued', 'rejected', 'dead');
