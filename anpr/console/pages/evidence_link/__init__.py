# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page that a one-time link leads to: one download of a package of evidence, by whoever has the link."""

from anpr.console.pages.evidence_link.page import PAGE

__all__ = ["PAGE"]
