# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier: alarms become messages to people and systems, by rule, through a ledger."""
