# SPDX-License-Identifier: AGPL-3.0-or-later
"""National plate formats, and the re-ranking of recogniser candidates by them."""
