# SPDX-License-Identifier: AGPL-3.0-or-later
"""The alarm board under an operator's hand while alarms come: wrong clicks and lost letters."""
