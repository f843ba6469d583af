-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: open
SELECT open_investigation(%(reference)s, %(title)s, %(authority)s, %(author)s, %(at)s) AS id;

-- name: get
SELECT * FROM investigations WHERE id = %(id)s;

-- name: lock
SELECT * FROM investigations WHERE id = %(id)s FOR UPDATE;

-- name: by_reference
SELECT * FROM investigations WHERE lower(reference) = lower(%(reference)s);

-- name: list
SELECT * FROM investigations WHERE ended_at IS NULL OR %(ended)s ORDER BY ended_at IS NOT NULL, id DESC LIMIT %(limit)s;

-- name: is_ended
SELECT is_ended_investigation(%(reference)s) AS is_ended;

-- name: end
UPDATE investigations SET ended_at = %(at)s, ended_by = %(by)s WHERE id = %(id)s;

-- name: describe
UPDATE investigations SET title = %(title)s, authority = %(authority)s WHERE id = %(id)s;

-- name: members
SELECT user_name AS name, added_at, added_by FROM investigation_members WHERE investigation_id = %(id)s ORDER BY added_at, user_name;

-- name: add_member
INSERT INTO investigation_members (investigation_id, user_name, added_at, added_by)
VALUES (%(id)s, %(name)s, %(at)s, %(by)s) ON CONFLICT DO NOTHING;

-- name: remove_member
DELETE FROM investigation_members WHERE investigation_id = %(id)s AND user_name = %(name)s;

-- name: mark
INSERT INTO investigation_marks (investigation_id, transit_id, captured_at, gate_id, marked_at, marked_by, note)
SELECT %(id)s, t.id, t.captured_at, t.gate_id, %(at)s, %(by)s, %(note)s
FROM unnest(%(ids)s::uuid[], %(moments)s::timestamptz[], %(gates)s::text[]) AS t (id, captured_at, gate_id)
ON CONFLICT DO NOTHING RETURNING transit_id;

-- name: unmark
DELETE FROM investigation_marks WHERE investigation_id = %(id)s AND transit_id = ANY (%(ids)s) RETURNING transit_id;

-- name: marked
SELECT transit_id, captured_at, gate_id, marked_at, marked_by, note FROM investigation_marks WHERE investigation_id = %(id)s
ORDER BY captured_at, transit_id;

-- name: marked_among
SELECT transit_id FROM investigation_marks WHERE investigation_id = %(id)s AND transit_id = ANY (%(ids)s);

-- name: counts
SELECT i.id, (SELECT count(*) FROM investigation_marks m WHERE m.investigation_id = i.id) AS marked,
    (SELECT count(*) FROM investigation_members m WHERE m.investigation_id = i.id) AS members
FROM investigations i WHERE i.id = ANY (%(ids)s);

-- name: count_marked
SELECT count(*) AS count FROM investigation_marks WHERE investigation_id = %(id)s;

-- name: note
INSERT INTO investigation_notes (investigation_id, at, author, text) VALUES (%(id)s, %(at)s, %(by)s, %(text)s)
RETURNING id, at, author, text;

-- name: notes
SELECT id, at, author, text FROM investigation_notes WHERE investigation_id = %(id)s ORDER BY id DESC;

-- name: count_notes
SELECT count(*) AS count FROM investigation_notes WHERE investigation_id = %(id)s;

-- name: save_question
INSERT INTO investigation_questions (investigation_id, saved_at, author, text, query)
VALUES (%(id)s, %(at)s, %(by)s, %(text)s, %(query)s)
RETURNING id, saved_at, author, text, query;

-- name: questions
SELECT id, saved_at, author, text, query FROM investigation_questions WHERE investigation_id = %(id)s ORDER BY id DESC;

-- name: question
SELECT id, saved_at, author, text, query FROM investigation_questions WHERE investigation_id = %(id)s AND id = %(question)s;

-- name: count_questions
SELECT count(*) AS count FROM investigation_questions WHERE investigation_id = %(id)s;

-- name: remove_question
DELETE FROM investigation_questions WHERE investigation_id = %(id)s AND id = %(question)s RETURNING id;

-- name: forget
DELETE FROM investigations WHERE ended_at < %(before)s;

-- name: audit_rows
-- What the audit has under its reference, with the hash of the row before each.
SELECT * FROM audit WHERE case_reference = %(reference)s AND audit_organisation(detail) = %(organisation)s ORDER BY seq DESC LIMIT %(limit)s;

-- name: states_at
SELECT kind, id, state, started_at, ended_at FROM health_intervals
WHERE started_at <= %(at)s AND (ended_at IS NULL OR ended_at > %(at)s)
  AND ((kind IN ('clock', 'reader') AND id = %(reader)s) OR (kind = 'camera' AND id = %(camera)s))
ORDER BY kind;
