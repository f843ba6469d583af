# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page of one vehicle, and searches of vehicles by their company."""

from anpr.console.pages.vehicle.page import PAGE

__all__ = ["PAGE"]
