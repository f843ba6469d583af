-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The ledger of deliveries says itself what was undone: imports are forgotten, and the version before an undo is still to be told.
ALTER TABLE list_deliveries ADD COLUMN is_undone boolean NOT NULL DEFAULT false;
UPDATE list_deliveries d SET is_undone = true FROM list_imports i WHERE i.id = d.import_id AND d.outcome = 'taken' AND i.undone_at IS NOT NULL;
