-- SPDX-License-Identifier: AGPL-3.0-or-later
-- name: save
INSERT INTO gates (id, name, purpose, legal_basis, legal_basis_until, latitude, longitude, cameras, retention_purpose, keep,
    organisation_id)
VALUES (%(id)s, %(name)s, %(purpose)s, %(legal_basis)s, %(legal_basis_until)s, %(latitude)s, %(longitude)s, %(cameras)s,
    %(retention_purpose)s, %(keep)s, coalesce(%(organisation)s, 'manager'))
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, purpose = excluded.purpose, legal_basis = excluded.legal_basis,
    legal_basis_until = excluded.legal_basis_until, latitude = excluded.latitude, longitude = excluded.longitude,
    cameras = excluded.cameras, retention_purpose = excluded.retention_purpose, keep = excluded.keep,
    organisation_id = coalesce(%(organisation)s, gates.organisation_id);

-- name: list
SELECT * FROM gates;

-- name: is_named
SELECT 1 FROM health_subjects WHERE %(id)s = ANY (gate_ids)
UNION ALL
SELECT 1 FROM transits WHERE gate_id = %(id)s
LIMIT 1;
