# SPDX-License-Identifier: AGPL-3.0-or-later
"""Web page of the simulation, on this machine only: what came, what was answered, and how it answers from now on."""
