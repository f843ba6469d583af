# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is stored of one vehicle and of those near it; people ask by way of a recorded search only."""
