# SPDX-License-Identifier: AGPL-3.0-or-later
"""The acceptance sheet: its contents, and the same contents as HTML and as PDF, in Italian."""
