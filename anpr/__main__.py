# SPDX-License-Identifier: AGPL-3.0-or-later
"""`python -m anpr` is `anpr`."""

from anpr.cli import main

main()
