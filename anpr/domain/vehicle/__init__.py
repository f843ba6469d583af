# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the transits of one vehicle tell: its ways, its routine, who was with it, where it cannot have been. Pure."""
