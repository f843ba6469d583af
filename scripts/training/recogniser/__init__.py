# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recogniser training: from labelled crops and drawn plates to weights."""
