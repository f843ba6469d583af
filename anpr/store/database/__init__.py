# SPDX-License-Identifier: AGPL-3.0-or-later
"""PostgreSQL itself: connections, named queries, migrations, partitions, schema drift."""
