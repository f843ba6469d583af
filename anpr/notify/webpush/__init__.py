# SPDX-License-Identifier: AGPL-3.0-or-later
"""Web Push to people's phones: keys (VAPID), encryption, and the channel that sends to the push services."""
