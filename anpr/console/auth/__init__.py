# SPDX-License-Identifier: AGPL-3.0-or-later
"""Authentication: sessions, passwords, login throttling, and which page views are audited."""
