# SPDX-License-Identifier: AGPL-3.0-or-later
"""Investigations: who works on which case, what they marked, noted and asked. Each change is in the audit."""
