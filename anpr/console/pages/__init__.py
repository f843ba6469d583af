# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of the console: a folder each, with its routes, templates and messages; anpr/console/app.py lists them."""
