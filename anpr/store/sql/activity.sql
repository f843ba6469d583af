-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: since
SELECT
    (SELECT count(*) FROM transits WHERE received_at >= %(since)s AND captured_at >= %(oldest)s) AS transits,
    (SELECT count(*) FROM alarms WHERE raised_at >= %(since)s) AS alarms,
    (SELECT count(*) FROM deliveries
     WHERE captured_at >= %(oldest)s AND sent_at >= %(since)s AND state IN ('sent', 'accepted')) AS forwarded;
