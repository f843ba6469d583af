-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What others are told. Alarms for the owners of lists: what was sighted since a moment is looked for each second.
CREATE INDEX sightings_raised ON sightings (raised_at) WHERE NOT retro AND alarm_id IS NOT NULL;
-- Who has the mail of a completeness report already: where one address fails, the others do not get it again.
ALTER TABLE completeness_reports ADD COLUMN mailed_to text[] NOT NULL DEFAULT '{}';
