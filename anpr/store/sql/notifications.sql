-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: progress
SELECT after_id FROM notifier_progress FOR UPDATE;

-- name: advance
UPDATE notifier_progress SET after_id = %(after)s;

-- name: sightings_after
-- The one place that reads alarms for the notifier, with the next one. A sighting's id becomes visible in its order. What was
-- found in the past is not told: it says where the vehicle was, and not where it is; nor is what was suppressed. The kind is that
-- of the list which names it: a rule for stolen vehicles holds also where a more urgent list leads the alarm.
SELECT s.id AS sighting_id, s.alarm_id, a.raised_at, s.raised_at AS at, a.state, s.retro, s.gate_id, s.watchlist_id, s.priority,
    coalesce(nullif(w.kind, 'allowed'), a.kind) AS kind
FROM sightings s JOIN alarms a ON a.id = s.alarm_id LEFT JOIN watchlists w ON w.id = s.watchlist_id
WHERE s.id > %(after)s ORDER BY s.id LIMIT %(limit)s;

-- name: sightings_of
-- What is told of an alarm: its sightings, the newest first.
SELECT s.id AS sighting_id, s.alarm_id, a.raised_at, s.captured_at AS at, a.state, s.retro, s.gate_id, s.watchlist_id, s.priority,
    coalesce(nullif(w.kind, 'allowed'), a.kind) AS kind, a.vehicle AS plate, coalesce(g.name, s.gate_id) AS gate_name
FROM sightings s JOIN alarms a ON a.id = s.alarm_id LEFT JOIN watchlists w ON w.id = s.watchlist_id
LEFT JOIN gates g ON g.id = s.gate_id
WHERE s.alarm_id = %(alarm)s ORDER BY s.id DESC LIMIT %(limit)s;

-- name: enter
-- One row for each alarm, channel and recipient, however often it is planned; and another one once the alarm is more urgent than
-- what they were told: overdue at ten, reported stolen at eleven.
INSERT INTO notifications (organisation_id, alarm_id, recipient_id, recipient_name, channel, rule_id, step, priority, queued_at,
    waits_since, next_attempt_at)
SELECT %(organisation)s, p.alarm_id, p.recipient_id, p.recipient_name, p.channel, p.rule_id, p.step, p.priority, %(now)s, %(now)s, %(now)s
FROM unnest(%(alarm_id)s::bigint[], %(recipient_id)s::bigint[], %(recipient_name)s::text[], %(channel)s::text[],
    %(rule_id)s::bigint[], %(step)s::smallint[], %(priority)s::text[])
    p (alarm_id, recipient_id, recipient_name, channel, rule_id, step, priority)
WHERE NOT EXISTS (
    SELECT FROM notifications n WHERE n.alarm_id = p.alarm_id AND n.channel = p.channel AND n.recipient_id = p.recipient_id
      AND n.asked_by IS NULL AND n.rank <= array_position(ARRAY['high', 'medium', 'low'], p.priority) - 1
)
ON CONFLICT (alarm_id, channel, recipient_id, rank) WHERE asked_by IS NULL DO NOTHING RETURNING channel;

-- name: enter_test
INSERT INTO notifications (recipient_id, recipient_name, channel, priority, queued_at, waits_since, next_attempt_at, asked_by)
VALUES (%(recipient_id)s, %(recipient_name)s, %(channel)s, 'high', %(at)s, %(at)s, %(at)s, %(by)s) RETURNING id;

-- name: enter_handed_over
INSERT INTO notifications (alarm_id, recipient_id, recipient_name, channel, priority, queued_at, waits_since, next_attempt_at, asked_by)
VALUES (%(alarm)s, %(recipient_id)s, %(recipient_name)s, %(channel)s, %(priority)s, %(at)s, %(at)s, %(at)s, %(by)s) RETURNING id;

-- name: enter_proposals
-- Open proposals, told to whom their list's organisation has named for that: one row for each proposal, channel and recipient.
INSERT INTO notifications (organisation_id, proposal_id, recipient_id, recipient_name, channel, priority, queued_at, waits_since,
    next_attempt_at)
SELECT r.organisation_id, p.id, r.id, r.name, r.channel, CASE WHEN p.urgent_until IS NULL THEN 'low' ELSE 'high' END, %(now)s, %(now)s, %(now)s
FROM list_proposals p JOIN watchlist_owners o USING (watchlist_id) JOIN notification_recipients r USING (organisation_id)
WHERE p.state = 'open' AND p.expires_at > %(now)s AND p.made_at > %(since)s AND r.proposals AND r.enabled AND r.channel <> 'web-push'
  AND NOT EXISTS (SELECT FROM notifications n WHERE n.proposal_id = p.id AND n.channel = r.channel AND n.recipient_id = r.id)
ORDER BY p.id, r.id LIMIT %(limit)s
ON CONFLICT (proposal_id, channel, recipient_id) WHERE proposal_id IS NOT NULL DO NOTHING RETURNING channel;

-- name: withdraw_proposals
-- What waits and has been settled meanwhile: nobody has to decide it any more.
DELETE FROM notifications n WHERE n.proposal_id IS NOT NULL AND n.state IN ('queued', 'failed') AND NOT n.in_flight
  AND NOT EXISTS (SELECT FROM list_proposals p WHERE p.id = n.proposal_id AND p.state = 'open' AND p.expires_at > %(now)s)
RETURNING n.channel;

-- name: proposal
SELECT id, watchlist_id, kind, made_by, made_at, expires_at, urgent_until FROM list_proposals
WHERE id = %(id)s AND state = 'open' AND expires_at > %(now)s;

-- name: tests_waiting
SELECT count(*) AS count FROM notifications WHERE alarm_id IS NULL AND proposal_id IS NULL AND state IN ('queued', 'failed');

-- name: escalate
INSERT INTO notification_escalations (alarm_id, rule_id, step, organisation_id, priority, due_at)
SELECT e.alarm_id, e.rule_id, e.step, %(organisation)s, e.priority, e.due_at
FROM unnest(%(alarm_id)s::bigint[], %(rule_id)s::bigint[], %(step)s::smallint[], %(priority)s::text[], %(due_at)s::timestamptz[])
    e (alarm_id, rule_id, step, priority, due_at)
ON CONFLICT DO NOTHING;

-- name: due
DELETE FROM notification_escalations WHERE (alarm_id, rule_id, step) IN (
    SELECT alarm_id, rule_id, step FROM notification_escalations WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s
) RETURNING *;

-- name: next_due
SELECT min(due_at) AS at FROM notification_escalations;

-- name: take
-- The most urgent one that may be sent now, in the order of priority and then of age.
SELECT n.*, r.organisation_id AS recipient_organisation, r.name AS present_name, r.address, r.enabled, r.proposals, r.channel AS present_channel
FROM (
    SELECT * FROM notifications
    WHERE state IN ('queued', 'failed') AND channel = %(channel)s AND next_attempt_at <= %(now)s
      AND recipient_id <> ALL (%(paused)s::bigint[])
    ORDER BY rank, queued_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
) n LEFT JOIN notification_recipients r ON r.id = n.recipient_id;

-- name: begin_attempt
UPDATE notifications SET attempts = attempts + 1, in_flight = true, next_attempt_at = %(next)s WHERE id = %(id)s;

-- name: settle
-- Only the attempt that began: what somebody put back in the meantime is tried again.
UPDATE notifications SET state = %(state)s, in_flight = false, last_error = %(error)s, last_fault = %(fault)s, next_attempt_at = coalesce(%(next)s, next_attempt_at),
    settled_at = %(settled)s
WHERE id = %(id)s AND attempts = %(attempt)s AND state IN ('queued', 'failed');

-- name: lost_attempts
-- Attempts of a process that is no more: nobody knows what they came to.
UPDATE notifications SET in_flight = false,
    next_attempt_at = %(now)s + least(%(most_s)s, power(2, least(attempts, 20) - 1)) * interval '1 second'
WHERE in_flight AND state IN ('queued', 'failed');

-- name: give_up
UPDATE notifications SET state = 'dead', in_flight = false, settled_at = %(now)s, last_error = coalesce(last_error, %(reason)s),
    last_fault = coalesce(last_fault, 'given-up')
WHERE state IN ('queued', 'failed') AND waits_since < %(before)s AND channel = %(channel)s
RETURNING id;

-- name: waiting
SELECT count(*) AS count, min(queued_at) AS oldest FROM notifications WHERE state IN ('queued', 'failed') AND channel = %(channel)s;

-- name: dead
SELECT count(*) AS count FROM notifications WHERE state = 'dead' AND channel = %(channel)s;

-- name: next_attempt
SELECT min(next_attempt_at) AS at FROM notifications WHERE state IN ('queued', 'failed') AND channel = %(channel)s
  AND recipient_id <> ALL (%(paused)s::bigint[]);

-- name: retry
UPDATE notifications SET state = 'failed', settled_at = NULL, waits_since = %(now)s, next_attempt_at = %(now)s
WHERE id IN (
    SELECT id FROM notifications
    WHERE state = 'dead' AND (%(id)s::bigint IS NULL OR id = %(id)s::bigint)
      AND (%(channel)s::text IS NULL OR channel = %(channel)s::text)
    ORDER BY id DESC LIMIT %(limit)s
)
RETURNING *;

-- name: list
SELECT * FROM notifications
WHERE id < %(below)s AND (%(state)s::text IS NULL OR state = %(state)s::text)
  AND (%(channel)s::text IS NULL OR channel = %(channel)s::text)
  AND (%(recipient)s::bigint IS NULL OR recipient_id = %(recipient)s::bigint)
  AND (%(alarm)s::bigint IS NULL OR alarm_id = %(alarm)s::bigint)
ORDER BY id DESC LIMIT %(limit)s;

-- name: tally
SELECT channel, state, count(*) AS count, min(queued_at) AS oldest, max(settled_at) AS newest FROM notifications
GROUP BY channel, state;

-- name: forget
DELETE FROM notifications WHERE queued_at < %(before)s;

-- name: forget_escalations
DELETE FROM notification_escalations WHERE due_at < %(before)s;

-- name: tell_channel
INSERT INTO notification_channels (channel, is_set_up, failing_since, reason, fault, told_at)
VALUES (%(channel)s, %(is_set_up)s, %(failing_since)s, %(reason)s, %(fault)s, %(now)s)
ON CONFLICT (channel) DO UPDATE SET is_set_up = excluded.is_set_up, failing_since = excluded.failing_since,
    reason = excluded.reason, fault = excluded.fault, told_at = excluded.told_at;

-- name: channels
SELECT * FROM notification_channels ORDER BY channel;
