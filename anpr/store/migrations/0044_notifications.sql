-- Who is told of alarms, and by which rule. Recipients and rules are an organisation's own.
CREATE TABLE notification_recipients (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    name            text        NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    address         text        NOT NULL,
    enabled         boolean     NOT NULL DEFAULT true,
    changed_at      timestamptz NOT NULL,
    changed_by      text        NOT NULL,
    UNIQUE (organisation_id, channel, address)
);
-- Empty arrays limit nothing. `after_s` has a number for each step, the first is 0; starts = ends: all day, in the site's time.
CREATE TABLE notification_rules (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    name            text        NOT NULL,
    enabled         boolean     NOT NULL DEFAULT true,
    kinds           text[] COLLATE "C" NOT NULL,
    watchlists      text[] COLLATE "C" NOT NULL,
    priorities      text[] COLLATE "C" NOT NULL,
    gates           text[] COLLATE "C" NOT NULL,
    days            smallint[]  NOT NULL CHECK (days <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]),
    starts          time        NOT NULL,
    ends            time        NOT NULL,
    sound           text COLLATE "C" NOT NULL,
    after_s         integer[]   NOT NULL CHECK (cardinality(after_s) BETWEEN 1 AND 3 AND after_s[1] = 0),
    plate_reason    text        CHECK (plate_reason <> ''),
    version         integer     NOT NULL DEFAULT 1,
    changed_at      timestamptz NOT NULL,
    changed_by      text        NOT NULL
);
CREATE INDEX notification_rules_of ON notification_rules (organisation_id, id);
CREATE TABLE notification_rule_recipients (
    rule_id      bigint   NOT NULL REFERENCES notification_rules ON DELETE CASCADE,
    step         smallint NOT NULL CHECK (step BETWEEN 0 AND 2),
    recipient_id bigint   NOT NULL REFERENCES notification_recipients ON DELETE CASCADE,
    PRIMARY KEY (rule_id, step, recipient_id)
);
CREATE INDEX notification_rule_recipients_of ON notification_rule_recipients (recipient_id);

-- The ledger: what is told to whom, once. It names no plate. An alarm or a recipient may be gone before its row; `alarm_id` is
-- NULL for a test.
CREATE TABLE notifications (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id text COLLATE "C" NOT NULL DEFAULT owner_of_new() REFERENCES organisations,
    alarm_id        bigint,
    recipient_id    bigint      NOT NULL,
    recipient_name  text        NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    rule_id         bigint,
    step            smallint    NOT NULL DEFAULT 0,
    priority        text COLLATE "C" NOT NULL CHECK (priority IN ('high', 'medium', 'low')),
    rank            smallint GENERATED ALWAYS AS
        (CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END) STORED,
    state           text COLLATE "C" NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'failed', 'sent', 'dead')),
    attempts        integer     NOT NULL DEFAULT 0,
    -- Whether an attempt has begun of which nothing is known yet.
    in_flight       boolean     NOT NULL DEFAULT false,
    queued_at       timestamptz NOT NULL,
    waits_since     timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    settled_at      timestamptz,
    last_error      text,
    asked_by        text,
    UNIQUE (alarm_id, channel, recipient_id),
    CHECK ((state IN ('sent', 'dead')) = (settled_at IS NOT NULL)),
    CHECK ((alarm_id IS NULL) = (asked_by IS NOT NULL))
);
-- In the order in which they are sent; by age, for retention; and for the page.
CREATE INDEX notifications_waiting ON notifications (channel, rank, queued_at, id) WHERE state IN ('queued', 'failed');
CREATE INDEX notifications_age ON notifications (queued_at);
CREATE INDEX notifications_page ON notifications (organisation_id, id);

-- Steps that are taken later, unless somebody has acknowledged the alarm by then.
CREATE TABLE notification_escalations (
    alarm_id        bigint      NOT NULL,
    rule_id         bigint      NOT NULL,
    step            smallint    NOT NULL,
    organisation_id text COLLATE "C" NOT NULL,
    priority        text COLLATE "C" NOT NULL,
    due_at          timestamptz NOT NULL,
    PRIMARY KEY (alarm_id, rule_id, step)
);
CREATE INDEX notification_escalations_due ON notification_escalations (due_at);

-- How far the sightings were looked through: their ids become visible in their order. What was there before is not told.
CREATE TABLE notifier_progress (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    after_id bigint  NOT NULL
);
INSERT INTO notifier_progress (after_id) SELECT coalesce(max(id), 0) FROM sightings;

-- What the notifier last said of each channel: whether the site has set it up, and since when it fails.
CREATE TABLE notification_channels (
    channel       text COLLATE "C" PRIMARY KEY,
    is_set_up     boolean     NOT NULL,
    failing_since timestamptz,
    reason        text,
    told_at       timestamptz NOT NULL
);
