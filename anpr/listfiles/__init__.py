# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of watchlists as offices send them: bytes → table → rows as understood → entries, rejects and warnings.

`format` says what the bytes are · `text` which encoding · `delimited` and `spreadsheet` give the rows of a table ·
`columns` finds which column means what · `cells` reads a plate, a date, a reason · `reading` puts them together.
"""
