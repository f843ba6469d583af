-- Alarms told to the owners of their lists: one row for each alarm, destination and message, so that none is told twice. No plate is
-- in it; it goes with its alarm.
CREATE TABLE alarm_messages (
    destination     text COLLATE "C" NOT NULL,
    alarm_id        bigint           NOT NULL REFERENCES alarms ON DELETE CASCADE,
    message         text             NOT NULL CHECK (message IN ('raised', 'outcome')),
    organisation_id text COLLATE "C" NOT NULL,
    sighting_id     bigint           NOT NULL,
    state           text             NOT NULL DEFAULT 'queued'
                    CHECK (state IN ('queued', 'sent', 'accepted', 'rejected', 'dead')),
    queued_at       timestamptz      NOT NULL,
    attempts        integer          NOT NULL DEFAULT 0,
    next_attempt_at timestamptz      NOT NULL,
    sent_at         timestamptz,
    settled_at      timestamptz,
    reason          text,
    PRIMARY KEY (alarm_id, destination, message),
    CHECK (state NOT IN ('rejected', 'dead') OR reason IS NOT NULL)
);
CREATE INDEX alarm_messages_queued ON alarm_messages (destination, next_attempt_at) WHERE state = 'queued';
