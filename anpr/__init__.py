# SPDX-License-Identifier: AGPL-3.0-or-later
"""Number plate recognition for Italian municipal police."""

__version__ = "0.1.0"
