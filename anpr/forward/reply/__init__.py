# SPDX-License-Identifier: AGPL-3.0-or-later
"""Replies: what a destination answers over HTTP, read within limits. What cannot be read accepts nothing."""
