# SPDX-License-Identifier: AGPL-3.0-or-later
"""The network, what it starts from, and its export."""
