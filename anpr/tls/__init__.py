# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is reached over TLS: contexts with pinned keys, and a client of web services that follows no redirect."""
