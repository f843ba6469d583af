-- Fewer and smaller indexes: each is paid for by every transit that is stored, and no query needs these.
-- Plates before transits, as ingest takes them: it may run meanwhile, and waits while the indexes of plates are made.

-- Look-alikes are found by way of the dictionary, which has far fewer rows than transits.
CREATE INDEX plates_look_alike ON plates (look_alike);

-- Folded texts alone: whatever a pattern finds among the plates, the folded pattern finds among the folded ones. Half the
-- trigrams of a new plate, which are what it costs.
CREATE INDEX plates_wildcard_folded ON plates USING gin (look_alike gin_trgm_ops);
DROP INDEX plates_wildcard;
ALTER INDEX plates_wildcard_folded RENAME TO plates_wildcard;

DROP INDEX transits_look_alike;
-- Nobody asks for a camera; people ask for its gate.
DROP INDEX transits_camera;
