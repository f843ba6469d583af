# SPDX-License-Identifier: AGPL-3.0-or-later
"""Command line verbs, one module each, imported only when called."""
