# SPDX-License-Identifier: AGPL-3.0-or-later
"""Row-level security between organisations: the tables that have it, and whether it limits the role that asks."""

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("organisations")
PROTECTED = (
    "agreements",
    "alarm_counts",
    "alarm_events",
    "alarm_messages",
    "alarms",
    "audit",
    "camera_views",
    "completeness_reports",
    "dead_letters",
    "deliveries",
    "delivery_counts",
    "discarded_counts",
    "entries",
    "evidence_packages",
    "forward_batches",
    "forward_destinations",
    "forward_requeued",
    "forward_requeues",
    "forward_runs",
    "gate_areas",
    "gate_versions",
    "gates",
    "handovers",
    "health_intervals",
    "health_subjects",
    "hold_transits",
    "holds",
    "images",
    "investigation_marks",
    "investigation_members",
    "investigation_notes",
    "investigation_questions",
    "investigations",
    "list_changes",
    "list_deliveries",
    "list_fetches",
    "list_import_changes",
    "list_imports",
    "list_places",
    "list_proposals",
    "list_sources",
    "list_uploads",
    "notification_recipients",
    "notification_rule_recipients",
    "notification_rules",
    "notifications",
    "organisations",
    "patrol_answers",
    "patrols",
    "push_devices",
    "reader_plans",
    "received_lists",
    "recovery_codes",
    "refused_senders",
    "second_factors",
    "sessions",
    "sightings",
    "subject_requests",
    "suppressions",
    "transits",
    "unqueued_counts",
    "users",
    "view_requests",
    "watchlist_owners",
    "watchlists",
)
"""What the console sees by organisation only; its policies are in config/postgres/roles.sql."""


def unprotected_tables(conn: Connection) -> list[str]:
    """Those whose rows this role sees whatever organisation it acts for, as the role that owns the tables does."""
    return [row["name"] for row in conn.execute(_SQL["unprotected"], {"tables": list(PROTECTED)})]


def tables_without_rules(conn: Connection) -> list[str]:
    """Those on which row-level security is not switched on: config/postgres/roles.sql was not run."""
    return [row["name"] for row in conn.execute(_SQL["without_rules"], {"tables": list(PROTECTED)})]
