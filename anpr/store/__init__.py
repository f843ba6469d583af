# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only SQL of the system: PostgreSQL, its schema and its queries."""
