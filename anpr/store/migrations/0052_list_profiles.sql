-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The profile by which the files of a source are read (fixed width, XML); empty: they are tables.
ALTER TABLE list_sources ADD COLUMN profile text NOT NULL DEFAULT '';
