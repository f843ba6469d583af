# SPDX-License-Identifier: AGPL-3.0-or-later
"""Generates docs/metrics.md from anpr/runtime/metrics.py; `make docs` writes it."""

from prometheus_client.metrics import MetricWrapperBase

from anpr.domain.errors import CameraFault, PoisonReason
from anpr.domain.reasons import Asked, Drop, ListReload, MatchedBy, RetroOutcome
from anpr.runtime.metrics import REGISTRY

_HEAD = """# Metrics

Written by `make docs` from `anpr/runtime/metrics.py`; a test compares them.

With `metrics_port` set, each process answers on that port: `/metrics` for Prometheus, `/healthz` (200 while it lives),
`/readyz` (200 when it can do its work, else 503 and one line that names the parts that cannot; the log says why).
`anpr up` gives `metrics_port` to the reader, and the next four to ingest, console, forward and notify. There is no
login, so it is on loopback (`metrics_host`): let only Prometheus reach these ports.
No metric carries a plate. `config/prometheus/rules.yml` has the alerts, `config/grafana/anpr.json` the dashboard, and
`docs/operations.md` says what each alert means.

| name | type | labels | meaning |
|---|---|---|---|
"""


def metrics_reference() -> str:
    """The whole page."""
    rows = sorted(_row(name, kind, text, labels) for name, kind, text, labels in described())
    return _HEAD + "".join(rows) + _closed_values()


def described() -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Name, type, meaning and labels of every metric, as Prometheus sees the name."""
    found = []
    for collector in REGISTRY._collector_to_names:
        assert isinstance(collector, MetricWrapperBase)
        (family,) = collector.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found.append((name, family.type, family.documentation, tuple(collector._labelnames)))
    return found


def _row(name: str, kind: str, text: str, labels: tuple[str, ...]) -> str:
    return f"| `{name}` | {kind} | {', '.join(labels)} | {text} |\n"


def _closed_values() -> str:
    values = {
        "`reason` of `anpr_drops_total`": Drop,
        "`reason` of `anpr_poison_total`": PoisonReason,
        "`fault` of `anpr_camera_faults_total`": CameraFault,
        "`outcome` of `anpr_second_opinions_total`": Asked,
        "`by` of `anpr_matched_total`": MatchedBy,
        "`outcome` of `anpr_retro_transits_total`": RetroOutcome,
        "`how` of `anpr_watchlist_reload_seconds`": ListReload,
    }
    lines = [f"- {name}: {', '.join(f'`{member.value}`' for member in kind)}\n" for name, kind in values.items()]
    return "\n## Labels with closed values\n\n" + "".join(lines)
