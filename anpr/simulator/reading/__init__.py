# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading what came: files of records back into the fields of the profile by which they were written."""
