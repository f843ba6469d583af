-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A list may have an end: what is captured from then on matches none of its entries. NULL: it has none.
ALTER TABLE watchlists ADD COLUMN valid_to timestamptz;
