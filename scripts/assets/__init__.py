# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of others that the product carries: where they come from, and how they are made again."""
