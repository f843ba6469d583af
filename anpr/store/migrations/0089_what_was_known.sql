-- A suppression silences what somebody had before them: the entries that the alarm named. A vehicle whose overdue inspection was
-- suppressed on Monday and that is reported stolen on Tuesday is an alarm. Those that hold are given what their vehicle's alarms named.
ALTER TABLE suppressions ADD COLUMN entries bigint[] NOT NULL DEFAULT '{}';
UPDATE suppressions x SET entries = ARRAY(
    SELECT DISTINCT s.entry_id FROM sightings s JOIN alarms a ON a.id = s.alarm_id
    WHERE a.vehicle = x.vehicle AND a.organisation_id = x.organisation_id AND s.raised_at <= x.made_at
);

-- For the same reason a recipient is told of an alarm again once it is more urgent than what they were told.
DROP INDEX notifications_once;
CREATE UNIQUE INDEX notifications_once ON notifications (alarm_id, channel, recipient_id, rank) WHERE asked_by IS NULL;

-- The last file of a list that could not be read is told to those who keep the list; they do not read the audit.
CREATE INDEX audit_list_files ON audit ((detail->>'watchlist'), seq) WHERE action = 'watchlist-import-refused';
