-- Who decides on proposals of lists is told of them by a message, if the recipient says so: a row of the ledger each, beside alarms.
ALTER TABLE notification_recipients ADD COLUMN proposals boolean NOT NULL DEFAULT false;
ALTER TABLE notifications ADD COLUMN proposal_id bigint;
ALTER TABLE notifications DROP CONSTRAINT notifications_asked;
ALTER TABLE notifications ADD CONSTRAINT notifications_asked
    CHECK (CASE WHEN proposal_id IS NULL THEN alarm_id IS NOT NULL OR asked_by IS NOT NULL ELSE alarm_id IS NULL AND asked_by IS NULL END);
CREATE UNIQUE INDEX notifications_proposal_once ON notifications (proposal_id, channel, recipient_id) WHERE proposal_id IS NOT NULL;
