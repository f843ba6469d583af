# SPDX-License-Identifier: AGPL-3.0-or-later
"""What several command line verbs share."""
