ALTER TABLE users DROP CONSTRAINT users_role_check;
ALTER TABLE users ADD CONSTRAINT users_role_check CHECK
    (role IN ('operator', 'investigator', 'list-manager', 'auditor', 'administrator', 'dpo', 'patrol'));

-- Devices to which a person's alarms are pushed. Endpoint, device_key and auth are capabilities: whoever has them reaches the
-- device. `site_key`: the key under which it subscribed. `session_hash`: it ends with this session; NULL: it stays.
CREATE TABLE push_devices (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_name     text        NOT NULL REFERENCES users,
    name          text        NOT NULL,
    endpoint      text        NOT NULL UNIQUE,
    device_key    bytea       NOT NULL CHECK (octet_length(device_key) = 65),
    auth          bytea       NOT NULL CHECK (octet_length(auth) = 16),
    site_key      text        NOT NULL,
    session_hash  bytea REFERENCES sessions ON DELETE CASCADE,
    made_at       timestamptz NOT NULL,
    reached_at    timestamptz,
    failing_since timestamptz,
    failure       text
);
CREATE INDEX push_devices_user ON push_devices (user_name);
CREATE INDEX push_devices_session ON push_devices (session_hash);

-- The public half of the key with which the notifier signs, as it last said.
CREATE TABLE push_key (
    single     boolean PRIMARY KEY DEFAULT true CHECK (single),
    public_key text        NOT NULL,
    told_at    timestamptz NOT NULL
);

-- A patrol's area (empty: all gates that its organisation sees), whether it shows its position, and the last one.
CREATE TABLE patrols (
    user_name  text PRIMARY KEY REFERENCES users,
    gates      text[] COLLATE "C" NOT NULL DEFAULT '{}',
    shares     boolean          NOT NULL DEFAULT false,
    latitude   double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude  double precision CHECK (longitude BETWEEN -180 AND 180),
    accuracy_m double precision,
    located_at timestamptz,
    CHECK ((located_at IS NULL) = (latitude IS NULL) AND (located_at IS NULL) = (longitude IS NULL)),
    CHECK (shares OR located_at IS NULL)
);

-- Answers of patrols by the key that their phone gave them: one that comes again is not done again.
CREATE TABLE patrol_answers (
    key         uuid PRIMARY KEY,
    user_name   text        NOT NULL REFERENCES users,
    alarm_id    bigint      NOT NULL,
    action      text COLLATE "C" NOT NULL,
    made_at     timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    result      text COLLATE "C" NOT NULL,
    by_whom     text
);
CREATE INDEX patrol_answers_age ON patrol_answers (received_at);

-- An alarm that somebody sends to a patrol is a row of the ledger too, beside what a rule tells the same recipient: `asked_by` says
-- who did. What rules plan stays one row for each alarm, channel and recipient.
ALTER TABLE notifications DROP CONSTRAINT notifications_alarm_id_channel_recipient_id_key;
CREATE UNIQUE INDEX notifications_once ON notifications (alarm_id, channel, recipient_id) WHERE asked_by IS NULL;
ALTER TABLE notifications DROP CONSTRAINT notifications_check1;
ALTER TABLE notifications ADD CONSTRAINT notifications_asked CHECK (alarm_id IS NOT NULL OR asked_by IS NOT NULL);
