# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console on a network: who a request is from, for which name, and how long a connection may take."""
