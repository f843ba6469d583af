# SPDX-License-Identifier: AGPL-3.0-or-later
"""Trial of one camera before it is used: what the reader sees in its frames, and what should be changed."""
