# SPDX-License-Identifier: AGPL-3.0-or-later
"""Acceptance test of one camera site: what the reader read against what a person counted, as a sheet to sign."""
