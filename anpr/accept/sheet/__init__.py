# SPDX-License-Identifier: AGPL-3.0-or-later
"""The acceptance sheet: its contents, in Italian; `anpr/paper` lays them out as HTML and PDF."""
