# SPDX-License-Identifier: AGPL-3.0-or-later
"""Places that files of lists come from: the watched folder, and servers whose files are put into it."""
