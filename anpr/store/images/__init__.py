# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transit images: their rows, their files, and the checks that hold both together."""
