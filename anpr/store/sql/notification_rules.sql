-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: recipients
SELECT * FROM notification_recipients
WHERE (%(organisation)s::text IS NULL OR organisation_id = %(organisation)s::text) ORDER BY id;

-- name: recipient
SELECT * FROM notification_recipients WHERE id = %(id)s;

-- name: add_recipient
INSERT INTO notification_recipients (name, channel, address, enabled, proposals, changed_at, changed_by)
VALUES (%(name)s, %(channel)s, %(address)s, %(enabled)s, %(proposals)s, %(at)s, %(by)s)
ON CONFLICT (organisation_id, channel, address) DO NOTHING RETURNING id;

-- name: is_taken
SELECT EXISTS (SELECT FROM notification_recipients other JOIN notification_recipients this USING (organisation_id)
    WHERE this.id = %(id)s AND other.id <> this.id AND other.channel = %(channel)s AND other.address = %(address)s) AS is_taken;

-- name: change_recipient
UPDATE notification_recipients SET name = %(name)s, channel = %(channel)s, address = %(address)s, enabled = %(enabled)s,
    proposals = %(proposals)s, changed_at = %(at)s, changed_by = %(by)s
WHERE id = %(id)s;

-- name: delete_recipient
DELETE FROM notification_recipients WHERE id = %(id)s;

-- name: count_recipients
SELECT count(*) AS count FROM notification_recipients;

-- name: rules
SELECT r.*, gates_of_areas(r.areas) AS area_gates, coalesce((SELECT json_agg(json_build_array(n.step, n.recipient_id))
    FROM notification_rule_recipients n WHERE n.rule_id = r.id), '[]') AS recipients
FROM notification_rules r
WHERE (%(organisation)s::text IS NULL OR r.organisation_id = %(organisation)s::text)
  AND (%(id)s::bigint IS NULL OR r.id = %(id)s::bigint)
ORDER BY r.id;

-- name: count_rules
SELECT count(*) AS count FROM notification_rules;

-- name: add_rule
INSERT INTO notification_rules (name, enabled, kinds, watchlists, priorities, gates, areas, days, starts, ends, sound, after_s,
    plate_reason, changed_at, changed_by)
VALUES (%(name)s, %(enabled)s, %(kinds)s, %(watchlists)s, %(priorities)s, %(gates)s, %(areas)s, %(days)s, %(starts)s, %(ends)s, %(sound)s,
    %(after_s)s, %(plate_reason)s, %(at)s, %(by)s)
RETURNING id;

-- name: change_rule
UPDATE notification_rules SET name = %(name)s, enabled = %(enabled)s, kinds = %(kinds)s, watchlists = %(watchlists)s,
    priorities = %(priorities)s, gates = %(gates)s, areas = %(areas)s, days = %(days)s, starts = %(starts)s, ends = %(ends)s, sound = %(sound)s,
    after_s = %(after_s)s, plate_reason = %(plate_reason)s, version = version + 1, changed_at = %(at)s, changed_by = %(by)s
WHERE id = %(id)s AND version = %(version)s;

-- name: clear_steps
DELETE FROM notification_rule_recipients WHERE rule_id = %(id)s;

-- name: add_steps
INSERT INTO notification_rule_recipients (rule_id, step, recipient_id)
SELECT %(id)s, s.step, s.recipient FROM unnest(%(steps)s::smallint[], %(recipients)s::bigint[]) s (step, recipient);

-- name: delete_rule
DELETE FROM notification_rules WHERE id = %(id)s;

-- name: opened
-- What an organisation may see alarms of, and what is known at all: of what nobody knows (any more) the manager sees the gates,
-- and everybody the lists, as the policies of `alarms` say.
SELECT ARRAY(SELECT open_gates(%(organisation)s, ARRAY['alarms', 'handle'], %(day)s)) AS gates, ARRAY(SELECT known_gates()) AS known_gates,
    ARRAY(SELECT open_watchlists(%(organisation)s, ARRAY['alarms', 'handle'], %(day)s)) AS watchlists,
    ARRAY(SELECT known_watchlists()) AS known_watchlists;
