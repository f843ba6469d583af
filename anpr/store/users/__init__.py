# SPDX-License-Identifier: AGPL-3.0-or-later
"""Console users: accounts, password hashes, sign-in activity."""
