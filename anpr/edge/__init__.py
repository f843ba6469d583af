# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parts of every edge process: delivery of transits, health reports, outbox and publisher. Knows no vision."""
