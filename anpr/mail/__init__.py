# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail to people: one message to one address, over an encrypted and verified connection."""
