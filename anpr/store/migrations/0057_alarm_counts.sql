-- Sightings that were suppressed, by suppression.
CREATE INDEX sightings_suppressed ON sightings (suppression_id, captured_at) WHERE suppression_id IS NOT NULL;
