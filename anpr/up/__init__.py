# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything on one machine: prepares the database, supervises each process, stops all of them in order."""
