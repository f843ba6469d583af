# SPDX-License-Identifier: AGPL-3.0-or-later
"""Prometheus metrics of all processes, in one place: dashboards and alerts rely on these names (docs/metrics.md)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()


def preset(counter: Counter, *labels: str) -> None:
    """Create the series at 0, so that rate() sees the first increment."""
    counter.labels(*labels)


FRAMES = Counter("anpr_frames_total", "Frames looked at", ["camera"], registry=REGISTRY)
STILL_FRAMES = Counter(
    "anpr_still_frames_total", "Frames not looked at because nothing had moved", ["camera"], registry=REGISTRY
)
MODEL_ERRORS = Counter(
    "anpr_model_errors_total", "Frames not looked at because a model raised an error", ["camera"], registry=REGISTRY
)
CAMERA_VIEWS = Counter(
    "anpr_camera_views_total",
    "Views of cameras that the reader put into the outbox (sent), or could not (dropped)",
    ["camera", "outcome"],
    registry=REGISTRY,
)
CAMERA_WORKER_RESTARTS = Counter(
    "anpr_camera_worker_restarts_total",
    "Cameras' workers that crashed and were started again",
    ["camera"],
    registry=REGISTRY,
)
PLATES = Counter("anpr_plates_total", "Plate boxes found", ["camera"], registry=REGISTRY)
READS = Counter("anpr_reads_total", "Plate reads that voted", ["camera"], registry=REGISTRY)
TRANSITS = Counter("anpr_transits_total", "Transits made at the edge", ["camera"], registry=REGISTRY)
TRANSITS_HELD = Gauge(
    "anpr_transits_held", "Transits the outbox would not take, kept in memory", ["camera"], registry=REGISTRY
)
SECOND_OPINIONS = Counter(
    "anpr_second_opinions_total",
    "Second opinions asked for on transits in doubt, by what came of it",
    ["camera", "outcome"],
    registry=REGISTRY,
)
DROPS = Counter("anpr_drops_total", "Things dropped, by reason", ["camera", "reason"], registry=REGISTRY)
CAMERA_FAULTS = Counter("anpr_camera_faults_total", "Faults of video sources", ["camera", "fault"], registry=REGISTRY)
GATE_PLAN_REFUSED = Gauge(
    "anpr_gate_plan_refused",
    "1 while this reader refuses the newest plan of its gates and goes on with the one before",
    registry=REGISTRY,
)
GATE_PLAN_NUMBER = Gauge(
    "anpr_gate_plan_number", "Number of the plan that this reader runs; 0 while it has none", registry=REGISTRY
)
CAMERA_UP = Gauge("anpr_camera_up", "1 while frames arrive", ["camera"], registry=REGISTRY)
CAMERA_DAMAGED = Gauge(
    "anpr_camera_damaged",
    "1 while many of the frames are damaged and so not read; anpr_drops_total counts them",
    ["camera"],
    registry=REGISTRY,
)
CAMERA_VIEW_OK = Gauge(
    "anpr_camera_view_ok",
    "1 while the image is good enough, 0 while it is blurred or dark",
    ["camera"],
    registry=REGISTRY,
)
CAMERA_SHARPNESS = Gauge(
    "anpr_camera_sharpness", "Sharpness of the image; 1 is usual for the camera", ["camera"], registry=REGISTRY
)
CAMERA_BRIGHTNESS = Gauge(
    "anpr_camera_brightness",
    "Brightness that 95 % of the image's pixels stay below, 0 to 255",
    ["camera"],
    registry=REGISTRY,
)
CAMERA_DEGRADED = Counter(
    "anpr_camera_degraded_total",
    "Times that a camera's image became blurred, dark or damaged",
    ["camera", "state"],
    registry=REGISTRY,
)
STAGE_SECONDS = Histogram(
    "anpr_stage_seconds",
    "Time of one step for one frame",
    ["stage"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
    registry=REGISTRY,
)
TRANSIT_DELAYS = Histogram(
    "anpr_transit_delay_seconds",
    "What transits of live cameras waited for until they lay in the outbox",
    ["step"],
    buckets=(0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 5),
    registry=REGISTRY,
)
OUTBOX_RECORDS = Gauge("anpr_outbox_records", "Records waiting for acknowledgement", ["kind"], registry=REGISTRY)
OUTBOX_BYTES = Gauge("anpr_outbox_bytes", "Bytes waiting for acknowledgement", ["kind"], registry=REGISTRY)
OUTBOX_FULL = Gauge("anpr_outbox_full", "1 while the disk is full and the outbox takes no transit", registry=REGISTRY)
PUBLISHED = Counter("anpr_published_total", "Records acknowledged by the transport", ["topic"], registry=REGISTRY)
STORED = Counter("anpr_stored_total", "Transits stored at the centre", ["outcome"], registry=REGISTRY)
DISCARDED = Counter(
    "anpr_transits_discarded_total",
    "Transits that were counted and not kept: at a gate that keeps hits only, without a hit",
    ["gate"],
    registry=REGISTRY,
)
DISCARDED_IMAGES = Counter(
    "anpr_images_discarded_total", "Images of such transits that were dropped", registry=REGISTRY
)
POISON = Counter("anpr_poison_total", "Messages refused, by reason", ["topic", "reason"], registry=REGISTRY)
UNSIGNED = Counter(
    "anpr_unsigned_total", "Messages over the broker that were stored without a signature", ["topic"], registry=REGISTRY
)
AUDIT_ROWS = Gauge("anpr_audit_rows", "Rows of the audit, when its head was last looked at", registry=REGISTRY)
AUDIT_DIFFERS = Gauge(
    "anpr_audit_differs",
    "1 while the audit is not as it was noted in the file of its heads: rows were changed or removed",
    registry=REGISTRY,
)
AUDIT_HEAD_TIME = Gauge(
    "anpr_audit_head_timestamp_seconds", "When the audit's head was last found to be in its file", registry=REGISTRY
)
AUDIT_MAIL_FAILED = Gauge(
    "anpr_audit_mail_failed",
    "1 while the audit's head could not be mailed to one of the addresses that are set",
    registry=REGISTRY,
)
AUDIT_MAIL_TIME = Gauge(
    "anpr_audit_mail_timestamp_seconds", "When the audit's head was last mailed to all addresses", registry=REGISTRY
)
AUDIT_PRUNE_FAILED = Gauge(
    "anpr_audit_prune_failed",
    "1 while the audit's oldest rows could not be exported and deleted, although they are older than the setting",
    registry=REGISTRY,
)
RETENTION_REFUSED = Gauge(
    "anpr_retention_refused",
    "1 while retention refuses to delete, because more would go than the days that passed explain",
    registry=REGISTRY,
)
UNANNOUNCED_IMAGES = Counter(
    "anpr_unannounced_images_total",
    "Images removed because no transit named them within a day",
    registry=REGISTRY,
)
DEAD_LETTERS_NOT_KEPT = Counter(
    "anpr_dead_letters_not_kept_total",
    "Refused messages that were counted only: their sender had its share of dead letters for the day",
    registry=REGISTRY,
)
SENDER_PARKED = Gauge(
    "anpr_sender_parked",
    "Refused messages of a parked sender within its hour; senders that are not parked have no value",
    ["sender"],
    registry=REGISTRY,
)
CONSUMER_LAG = Gauge(
    "anpr_consumer_lag",
    "Messages that wait to be read by this process, as last measured",
    ["topic"],
    registry=REGISTRY,
)
CONSUMER_RESTARTS = Counter("anpr_consumer_restarts_total", "Kafka consumers that were stuck", registry=REGISTRY)
HEALTH_REPORTS = Counter("anpr_health_reports_total", "Health reports that said something new", registry=REGISTRY)
READER_PAUSED_S = Counter(
    "anpr_reader_paused_seconds_total", "Time in which this reader's process or machine did not run", registry=REGISTRY
)
READER_OFFLINE = Counter(
    "anpr_reader_offline_total",
    "Times that a reader went offline: no heartbeat for 90 s",
    ["reader"],
    registry=REGISTRY,
)
MATCHED = Counter(
    "anpr_matched_total",
    "Transits compared with the watchlists, by memory or by the database",
    ["by"],
    registry=REGISTRY,
)
LIST_ENTRIES = Gauge(
    "anpr_watchlist_entries",
    "Watchlist entries in memory, including those taken off since all were loaded",
    registry=REGISTRY,
)
LIST_LAG = Gauge(
    "anpr_watchlist_version_lag",
    "Watchlist changes that memory did not hold when a batch was matched",
    registry=REGISTRY,
)
LIST_RELOAD_SECONDS = Histogram(
    "anpr_watchlist_reload_seconds",
    "Time to load changed watchlists",
    ["how"],
    buckets=(0.005, 0.02, 0.1, 0.5, 2, 5, 10, 30, 60),
    registry=REGISTRY,
)
RETRO_TRANSITS = Counter(
    "anpr_retro_transits_total", "Stored transits found for new entries", ["outcome"], registry=REGISTRY
)
RETRO_PENDING = Gauge("anpr_retro_pending", "New entries that retro-match has not looked for yet", registry=REGISTRY)
ENDS_PRESSING = Gauge(
    "anpr_ends_pressing",
    "Things that are over or end within 30 days, by kind; users are not counted here",
    ["kind"],
    registry=REGISTRY,
)
LISTS_STALE = Gauge(
    "anpr_watchlists_stale",
    "Watchlists whose entries have not changed for longer than the hours that they are set to",
    registry=REGISTRY,
)
LISTS_HELD = Gauge(
    "anpr_list_deliveries_held",
    "Deliveries of lists that a centre hands out which wait for a person, because they would change too much",
    registry=REGISTRY,
)
LIST_PLACES_TROUBLED = Gauge(
    "anpr_list_places_troubled",
    "Places of watchlists whose last look failed, or is late: three times their own pace or watchlists.pickup_every_s,"
    " an hour at least",
    ["why"],
    registry=REGISTRY,
)
FALSE_READ_WARNINGS = Gauge(
    "anpr_false_read_warnings",
    "Lists and cameras of which too many alarms of the last 30 days were false reads (alarms.false_read_above)",
    ["what"],
    registry=REGISTRY,
)
CLOCK_SKEWS = Counter(
    "anpr_clock_skews_total", "Times that a reader's clock was found wrong", ["reader"], registry=REGISTRY
)
ALARMS = Counter(
    "anpr_alarms_total", "Alarms raised, by the list of the first sighting", ["watchlist"], registry=REGISTRY
)
SIGHTINGS = Counter(
    "anpr_sightings_total",
    "Transits that an entry names; those of one vehicle are in one alarm while it is open",
    ["watchlist"],
    registry=REGISTRY,
)
DELIVERIES = Counter(
    "anpr_deliveries_total", "Transits forwarded, by outcome", ["destination", "outcome"], registry=REGISTRY
)

FORWARD_REFUSED = Gauge(
    "anpr_forward_refused",
    "Whether nothing is sent to a destination: no agreement holds, or its profile is below stage tested",
    ["destination"],
    registry=REGISTRY,
)

FORWARD_LIVE = Gauge(
    "anpr_forward_live",
    "Whether live forwarding to a destination works; 0: what is stored waits for a later try or the nightly run",
    ["destination"],
    registry=REGISTRY,
)

FORWARD_DELAYS = Histogram(
    "anpr_forward_delay_seconds",
    "Live forwarding: from store to acceptance, or to sending where the destination gives no answer",
    ["destination"],
    buckets=(0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7, 10, 20, 60, 300, 900),
    registry=REGISTRY,
)

FORWARD_RUNS = Counter(
    "anpr_forward_runs_total",
    "Days that were forwarded, by outcome: complete, incomplete, failed",
    ["destination", "outcome"],
    registry=REGISTRY,
)

ALARM_MESSAGES = Counter(
    "anpr_alarm_messages_total",
    "Alarms told to the owners of their lists, by what came of it: sent, accepted, rejected, dead, superseded, failed, "
    "refused",
    ["destination", "outcome"],
    registry=REGISTRY,
)

COMPLETENESS_DUE = Gauge(
    "anpr_completeness_late_reports",
    "Completeness reports of yesterday that are due and not there, in organisations",
    registry=REGISTRY,
)
COMPLETENESS_TIME = Gauge(
    "anpr_completeness_report_timestamp_seconds",
    "When the newest completeness report was made",
    registry=REGISTRY,
)
COMPLETENESS_UNBALANCED = Gauge(
    "anpr_completeness_unbalanced_days",
    "Days of the last week whose newest completeness report does not balance",
    registry=REGISTRY,
)
COMPLETENESS_MAIL_FAILED = Gauge(
    "anpr_completeness_mail_failed",
    "1 while a completeness report could not be mailed to one of the addresses that are set",
    registry=REGISTRY,
)

CONNECTIONS_REFUSED = Counter(
    "anpr_connections_refused_total",
    "Connections closed by a limit: too many in-all or per-address, or headers-late, body-late, answer-late",
    ["server", "limit"],
    registry=REGISTRY,
)
for _server in ("console", "probes"):
    for _limit in ("in-all", "per-address", "headers-late", "body-late", "answer-late"):
        preset(CONNECTIONS_REFUSED, _server, _limit)

LOGINS_REFUSED = Counter(
    "anpr_logins_refused_total",
    "Logins that were refused: wrong name or password, wrong code of the second factor, delayed by the throttle,"
    " too busy to check them; through the OpenID provider: no answer of its own, no login of ours, refused person",
    ["why"],
    registry=REGISTRY,
)
for _why in ("wrong", "code", "delayed", "busy", "provider", "callback", "token", "person"):
    preset(LOGINS_REFUSED, _why)

STREAMS_ENDED = Counter(
    "anpr_console_streams_ended_total",
    "Streams of live alarms that were refused because all places were taken, or replaced by newer ones of their user",
    ["why"],
    registry=REGISTRY,
)
preset(STREAMS_ENDED, "refused")
preset(STREAMS_ENDED, "replaced")

LIST_FILES = Counter(
    "anpr_list_files_total",
    "Files of watchlists that `anpr watchlist pickup` found: imported, proposed (somebody decides in the"
    " console), same (the version that is held), waiting (changes that do not follow), refused (older, or the same"
    " version with another content), or failed (none of it was imported, or its place cannot be reached)",
    ["watchlist", "result"],
    registry=REGISTRY,
)
LIST_PICKUP_AT = Gauge(
    "anpr_list_pickup_timestamp_seconds",
    "When `anpr watchlist pickup` last looked through the folder of a list",
    ["watchlist"],
    registry=REGISTRY,
)

NOTIFICATIONS = Counter(
    "anpr_notifications_total",
    "Notifications by what became of them: queued, sent, failed (is tried again), dead (refused or given up)",
    ["channel", "outcome"],
    registry=REGISTRY,
)
SIGHTINGS_NOT_TOLD = Counter(
    "anpr_notify_sightings_not_told_total",
    "Sightings of which nobody was told: found in the past (retro), too old when the notifier saw them (late), of an"
    " alarm that was closed by then (closed), or no rule holds for them (no-rule)",
    ["why"],
    registry=REGISTRY,
)
for _why in ("retro", "late", "closed", "no-rule"):
    preset(SIGHTINGS_NOT_TOLD, _why)
ESCALATIONS = Counter(
    "anpr_escalations_total",
    "Escalations whose moment came: told; or not, as the alarm was acknowledged, or it or the rule was gone, or nothing"
    " looked for too long (late)",
    ["outcome"],
    registry=REGISTRY,
)
for _why in ("told", "acknowledged", "gone", "late"):
    preset(ESCALATIONS, _why)
NOTIFICATIONS_WAITING = Gauge(
    "anpr_notifications_waiting", "Notifications that are not sent yet", ["channel"], registry=REGISTRY
)
NOTIFICATIONS_DEAD = Gauge(
    "anpr_notifications_dead", "Notifications that were given up and not sent again", ["channel"], registry=REGISTRY
)
NOTIFICATIONS_OLDEST_S = Gauge(
    "anpr_notifications_oldest_seconds", "Age of the oldest of them; 0 while none waits", ["channel"], registry=REGISTRY
)
PUSH_DEVICES = Counter(
    "anpr_push_devices_total",
    "Web Push to phones, by what came of it: sent, failed, gone (its service does not know it any more; removed), over"
    " (its user, role, session or key; removed), refused-address (a private address or none)",
    ["outcome"],
    registry=REGISTRY,
)
NOTIFICATION_CHANNEL_FAILING = Gauge(
    "anpr_notification_channel_failing",
    "1 while nothing can be sent by the channel, or to one of its receivers",
    ["channel"],
    registry=REGISTRY,
)
