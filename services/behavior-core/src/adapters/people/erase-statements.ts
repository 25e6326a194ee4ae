const OF_USER = 'workspace_id = $1 AND user_id = $2';

/**
 * $1 workspace, $2 user. In the order of the foreign keys; the row of the user itself is the last. A table that comes to hold something about
 * users belongs in here: test/erasure.int.test.ts looks for the id in every table of the database.
 */
const own = [
  `DELETE FROM occurrences o USING activities a WHERE a.${OF_USER.replace(' AND ', ' AND a.')} AND o.workspace_id = a.workspace_id AND o.activity_id = a.id`,
  `DELETE FROM activities WHERE ${OF_USER}`,
  `DELETE FROM reminders WHERE ${OF_USER}`,
  `DELETE FROM channel_connections WHERE ${OF_USER}`,
  `DELETE FROM api_keys WHERE ${OF_USER}`,
  `DELETE FROM portal_sessions WHERE ${OF_USER}`,
  `DELETE FROM inbox WHERE ${OF_USER}`,
  `DELETE FROM idempotent_requests WHERE ${OF_USER}`,
  // What became of an item counts for its bulk request; whose it was does not.
  `UPDATE bulk_results SET user_id = NULL, activity_id = NULL, error = NULL WHERE ${OF_USER}`,
  'UPDATE bulk_operations SET creator_user_id = NULL WHERE workspace_id = $1 AND creator_user_id = $2',
  // The requests stay known, so that a redelivered one has no effect; who asked for what, and the answer, does not.
  `UPDATE operations SET outcome = 'refused', refusal = '{"status":"refused","code":"not_found","detail":"The user was erased"}', creator_user_id = NULL, user_id = NULL
    WHERE ${OF_USER}`,
  'DELETE FROM users WHERE workspace_id = $1 AND id = $2',
].map((text, index) => ({ name: `erase_${index}`, text }));

/** Entries of the audit log stay; they no longer say about whom. */
const auditNames = {
  name: 'erase_audit_names',
  text: `UPDATE audit_log SET user_id = NULL, target_id = CASE WHEN target_kind = 'user' THEN NULL ELSE target_id END WHERE ${OF_USER}`,
};

export const ERASE_STATEMENTS = { own, auditNames };
