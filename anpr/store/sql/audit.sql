-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('anpr audit', 0));

-- name: last
-- Also for who may not see that row; `organisation`: for which one this transaction acts.
SELECT acting_organisation() AS organisation, head.seq, head.hash FROM (VALUES (0)) one LEFT JOIN audit_head() head ON true;

-- name: organisation_of
SELECT organisation_id FROM users WHERE name = %(name)s;

-- name: owners
SELECT organisation_id FROM gates WHERE id = ANY (%(gates)s::text[])
UNION SELECT organisation_id FROM watchlist_owners WHERE watchlist_id = ANY (%(watchlists)s::text[])
UNION SELECT organisation_id FROM holds WHERE id = %(hold)s::bigint;

-- name: append
INSERT INTO audit (seq, at, actor, action, reason, case_reference, detail, previous_hash, hash)
VALUES (%(seq)s, %(at)s, %(actor)s, %(action)s, %(reason)s, %(case_reference)s, %(detail)s, %(previous_hash)s, %(hash)s);

-- name: list
SELECT * FROM audit
WHERE %(before_seq)s::bigint IS NULL OR seq < %(before_seq)s
ORDER BY seq DESC LIMIT %(limit)s;

-- name: get
SELECT * FROM audit WHERE seq = %(seq)s;

-- name: last_reason
SELECT * FROM audit WHERE actor = %(actor)s AND action IN ('search', 'cross-searched') AND at >= %(since)s ORDER BY at DESC, seq DESC LIMIT 1;

-- name: walk
SELECT * FROM audit WHERE seq >= %(first)s AND (%(last)s::bigint IS NULL OR seq <= %(last)s) ORDER BY seq;

-- name: of_hold
SELECT * FROM history_of_hold(%(number)s);

-- name: of_request
SELECT * FROM history_of_request(%(number)s);

-- name: filter
SELECT * FROM audit
WHERE (%(before_seq)s::bigint IS NULL OR seq < %(before_seq)s)
  AND (%(person)s::text IS NULL OR actor = %(person)s)
  AND (%(operation)s::text IS NULL OR action = %(operation)s)
  AND (%(case)s::text IS NULL OR case_reference ILIKE %(case)s)
  AND at >= coalesce(%(since)s::timestamptz, '-infinity') AND at < coalesce(%(until)s::timestamptz, 'infinity')
  AND (%(plate)s::text IS NULL
    OR detail ->> 'plate' = %(plate)s
    OR %(plate)s LIKE translate(detail ->> 'pattern', '*?', '%%_')
    OR (detail ->> 'look_alike' = 'true'
        AND %(folded)s LIKE translate(translate(detail ->> 'pattern', %(letters)s, %(keys)s), '*?', '%%_'))
    OR detail ->> 'transit' = ANY (%(transits)s::text[])
    OR jsonb_exists_any(detail::jsonb -> 'transits', %(transits)s::text[])
    OR detail ->> 'alarm' = ANY (%(alarms)s::text[]))
ORDER BY seq DESC LIMIT %(limit)s;

-- name: transits_of_plate
SELECT id::text AS id FROM transits WHERE plate = %(plate)s ORDER BY captured_at DESC LIMIT 10000;

-- name: alarms_of_plate
-- Also under the ids that they had before alarms of one vehicle became one (migration 43).
WITH seen AS (
    SELECT DISTINCT alarm_id FROM sightings WHERE (plate = %(plate)s OR entry_plate = %(plate)s) AND alarm_id IS NOT NULL
    ORDER BY alarm_id DESC LIMIT 10000
)
SELECT alarm_id::text AS id FROM seen
UNION ALL
SELECT jsonb_array_elements_text(e.detail -> 'alarms') FROM alarm_events e JOIN seen USING (alarm_id) WHERE e.kind = 'merged';

-- name: newest_cut
SELECT detail FROM audit WHERE action = 'audit-pruned' ORDER BY seq DESC LIMIT 1;

-- name: mail_state
SELECT action, at, detail FROM audit WHERE action IN ('audit-head-mailed', 'audit-mail-failed') AND detail->>'by_hand' IS NULL
ORDER BY seq DESC LIMIT 1;

-- name: last_mailed
SELECT at FROM audit WHERE action = 'audit-head-mailed' AND detail->>'by_hand' IS NULL ORDER BY seq DESC LIMIT 1;

-- name: mail_alone
SELECT pg_try_advisory_lock(hashtextextended('anpr audit mail', 0)) AS alone;

-- name: first
SELECT seq, previous_hash FROM audit ORDER BY seq LIMIT 1;

-- name: alone
SELECT pg_try_advisory_lock(hashtextextended('anpr audit prune', 0)) AS alone;

-- name: prunable
SELECT last, kept_by FROM prunable_audit(%(before)s);

-- name: span
SELECT min(at) AS oldest_at, max(at) AS newest_at, count(*) AS count FROM audit WHERE seq BETWEEN %(first)s AND %(last)s;

-- name: hash
SELECT hash FROM audit WHERE seq = %(seq)s;

-- name: prune
SELECT prune_audit(%(proof)s) AS gone;
