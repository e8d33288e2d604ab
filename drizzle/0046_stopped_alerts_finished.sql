-- Alerts that were stopped by hand had no end; theirs was about when they were stopped.
update alerts set finished_at = updated_at
where state = 'stopped' and finished_at is null and plan_state = 'done';
