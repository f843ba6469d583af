# SPDX-License-Identifier: AGPL-3.0-or-later
"""Working folder of an acceptance test, readable by its owner only: site facts, sessions, records and images."""
