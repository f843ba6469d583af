-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: get
SELECT sealed_secret, confirmed_at, (SELECT count(*) FROM recovery_codes WHERE user_name = %(user)s) AS codes_left
FROM second_factors WHERE user_name = %(user)s;

-- name: in_use
SELECT user_name, sealed_secret FROM second_factors WHERE confirmed_at IS NOT NULL ORDER BY user_name;

-- name: begin
INSERT INTO second_factors (user_name, sealed_secret, begun_at) VALUES (%(user)s, %(sealed)s, %(at)s)
ON CONFLICT (user_name) DO UPDATE SET sealed_secret = EXCLUDED.sealed_secret, begun_at = EXCLUDED.begun_at
WHERE second_factors.confirmed_at IS NULL;

-- name: confirm
UPDATE second_factors SET confirmed_at = %(at)s, last_step = %(step)s
WHERE user_name = %(user)s AND confirmed_at IS NULL;

-- name: use_step
UPDATE second_factors SET last_step = %(step)s
WHERE user_name = %(user)s AND confirmed_at IS NOT NULL AND last_step < %(step)s;

-- name: use_code
DELETE FROM recovery_codes WHERE user_name = %(user)s AND code_digest = %(digest)s;

-- name: forget_codes
DELETE FROM recovery_codes WHERE user_name = %(user)s;

-- name: add_codes
INSERT INTO recovery_codes (user_name, code_digest) SELECT %(user)s, unnest(%(digests)s::bytea[]);

-- name: remove
DELETE FROM second_factors WHERE user_name = %(user)s;
