-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: came
-- By gate and reader, of the gates of one organisation; what names no gate, or an unknown one, is the manager's.
SELECT c.gate_id, c.reader_id, sum(stored)::bigint AS stored, sum(discarded)::bigint AS discarded, sum(refused)::bigint AS refused,
    sum(numbered)::bigint AS numbered, sum(unnumbered)::bigint AS unnumbered, sum(recovered)::bigint AS recovered,
    sum(duplicates)::bigint AS duplicates, sum(late)::bigint AS late
FROM transit_counts c LEFT JOIN gates g ON g.id = c.gate_id
WHERE c.hour >= %(since)s AND c.hour < %(until)s AND coalesce(g.organisation_id, 'manager') = %(organisation)s
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: refused
-- No gate is known of what is refused: it is the manager's.
SELECT reader_id, reason, sum(number)::bigint AS number FROM refused_counts
WHERE hour >= %(since)s AND hour < %(until)s AND %(organisation)s = 'manager'
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: missing
-- Numbers that have not come, of the day on which the transit after them was captured, of readers at the organisation's gates.
SELECT s.reader_id, s.first_number, s.last_number, s.after_at, s.before_at, s.found_at
FROM reader_gaps s
WHERE s.before_at >= %(since)s AND s.before_at < %(until)s AND (
    EXISTS (SELECT FROM transit_counts c JOIN gates g ON g.id = c.gate_id
        WHERE c.reader_id = s.reader_id AND g.organisation_id = %(organisation)s)
    OR (%(organisation)s = 'manager' AND NOT EXISTS (SELECT FROM transit_counts c JOIN gates g ON g.id = c.gate_id
        WHERE c.reader_id = s.reader_id)))
ORDER BY s.reader_id, s.before_at, s.first_number LIMIT %(limit)s;

-- name: open_to_destination
SELECT coalesce(sum(stored), 0)::bigint AS count FROM transit_counts
WHERE hour >= %(since)s AND hour < %(until)s AND acting_may('forward', gate_id);

-- name: unqueued
SELECT reason, sum(number)::bigint AS number FROM unqueued_counts
WHERE destination = %(destination)s AND hour >= %(since)s AND hour < %(until)s AND acting_may('forward', gate_id)
GROUP BY 1 ORDER BY 1;

-- name: not_listed
-- Stored today, and without a row of the ledger: the next run queues them.
SELECT count(*) AS count FROM transits t
WHERE t.captured_at >= %(since)s AND t.captured_at < %(until)s AND acting_may('forward', t.gate_id) AND NOT EXISTS (
    SELECT FROM deliveries d WHERE d.destination = %(destination)s AND d.captured_at = t.captured_at AND d.transit_id = t.id
      AND d.captured_at >= %(since)s AND d.captured_at < %(until)s);

-- name: reasons
SELECT state, reason, count(*) AS number FROM deliveries
WHERE destination = %(destination)s AND captured_at >= %(since)s AND captured_at < %(until)s AND reason IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2 LIMIT 50;

-- name: has_run
-- An interval run leaves a row only where it had something to do.
SELECT EXISTS (
    SELECT FROM forward_runs WHERE destination = %(destination)s AND outcome IN ('complete', 'incomplete')
      AND (day = %(day)s OR (kind = 'interval' AND started_at >= %(until)s))
) AS found;

-- name: add
INSERT INTO completeness_reports (organisation_id, day, revision, made_at, verdict, figures, html, pdf, csv, manifest, signature)
VALUES (%(organisation)s, %(day)s, %(revision)s, %(made_at)s, %(verdict)s, %(figures)s, %(html)s, %(pdf)s, %(csv)s, %(manifest)s,
    %(signature)s)
RETURNING id;

-- name: newest
SELECT DISTINCT ON (day) id, organisation_id, day, revision, made_at, verdict, figures, mailed_at, mail_failure, mailed_to
FROM completeness_reports
WHERE organisation_id = %(organisation)s AND day >= %(since)s
ORDER BY day DESC, revision DESC;

-- name: list
SELECT id, organisation_id, day, revision, made_at, verdict, figures, mailed_at, mail_failure, mailed_to FROM completeness_reports
ORDER BY day DESC, organisation_id, revision DESC LIMIT %(limit)s OFFSET %(skip)s;

-- name: get
SELECT id, organisation_id, day, revision, made_at, verdict, figures, mailed_at, mail_failure, mailed_to FROM completeness_reports
WHERE id = %(id)s;

-- name: files
SELECT html, pdf, csv, manifest, signature FROM completeness_reports WHERE id = %(id)s;

-- name: note_mail
UPDATE completeness_reports SET mailed_at = %(at)s, mail_failure = %(failure)s, mailed_to = %(to)s WHERE id = %(id)s;

-- name: forget
DELETE FROM completeness_reports WHERE day < %(before)s;
