# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence: what was gathered for an investigation as one signed ZIP, and its verification without the system."""
