# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the audit tells of people's work: a catalogue of actions, what one person did, hints at unusual use."""
