import type { AuditEntry } from '@waggle/contracts';
import { transact } from '@waggle/database';
import type { KafkaRecord } from '@waggle/kafka';
import { appendToOutbox } from '@waggle/outbox';
import type { ClientBase, Pool } from 'pg';
import { endpointDisabled } from './delivery-events.ts';
import { EXCLUDE_FAN_OUTS } from './erasure-store.ts';
import { giveTurns } from './turns.ts';
import { COLUMNS, COUNTED, FIND, IN_SCOPE, LOCK_CHANGES, toAuditRecord, type Administrator, type EndpointRow, type EndpointScope, type EndpointSettings } from './endpoint-row.ts';
import { disableUnhealthy, type UnhealthyEndpoint } from './unhealthy-endpoints.ts';

/** What is undefined stays as it is. */
type EndpointChanges = { [Name in keyof EndpointSettings]: EndpointSettings[Name] | undefined };

const LOCK = { name: 'endpoint_lock', text: `${FIND.text} FOR UPDATE` };

// Of one that was left alone for not answering.
const AWAKE = 'paused_until = NULL, pauses = 0';

const changing = (name: string, assignments: string) => ({
  name,
  text: `${COUNTED}
    UPDATE endpoints SET ${assignments}, updated_at = now(), change = counter FROM changes WHERE ${IN_SCOPE} AND id = $3
    RETURNING ${COLUMNS}`,
});

// The row stays, because its deliveries are still listed; its secrets go.
const DELETE = changing('endpoint_delete', `deleted_at = now(), ${AWAKE}, sealed_secret = '', previous_sealed_secret = NULL, sealed_headers = NULL`);
// Null is a value of description and headers: whether they are given is said apart.
const CHANGE = changing('endpoint_change', `url = coalesce($4, url), event_types = coalesce($5::text[], event_types), ordering = coalesce($6, ordering),
  max_in_flight = coalesce($7::int, max_in_flight), description = CASE WHEN $8::bool THEN $9 ELSE description END,
  sealed_headers = CASE WHEN $10::bool THEN $11 ELSE sealed_headers END,
  paused_until = CASE WHEN $4 IS NULL THEN paused_until END, pauses = CASE WHEN $4 IS NULL THEN pauses ELSE 0 END`);
const ROTATE = changing('endpoint_rotate', `sealed_secret = $4, previous_sealed_secret = CASE WHEN $5::int > 0 THEN sealed_secret END,
  previous_secret_until = CASE WHEN $5::int > 0 THEN now() + $5::int * interval '1 s' END`);
const ENABLE = changing('endpoint_enable', `status = 'enabled', disabled_reason = NULL, failures_in_row = 0, failing_since = NULL, ${AWAKE}`);
const DISABLE = changing('endpoint_disable', `status = 'disabled', disabled_reason = 'manual', ${AWAKE}`);

interface Administration {
  action: AuditEntry['action'];
  statement: { name: string; text: string };
  /** After scope and id. */
  values?: readonly unknown[];
  /** True: nothing is written. */
  isDone?(row: EndpointRow): boolean;
  /** Sends at once, before the row is locked. */
  prepare?(tx: ClientBase): Promise<unknown>;
  records?(row: EndpointRow, scope: EndpointScope): KafkaRecord[];
}

/** Every change of an endpoint, for the audit log and for whoever remembers endpoints. Null when there is none in scope. */
export function createEndpointChanges(pool: Pool) {
  /** Null when there is none in scope. */
  async function administer(by: Administrator, scope: EndpointScope, id: string, given: Administration): Promise<EndpointRow | null> {
    const { action, statement, values = [], isDone, prepare, records } = given;
    const target = [scope.workspaceId, scope.userId, id];
    return transact(pool, {
      async load(tx) {
        const [, , , found] = await Promise.all([
          prepare && tx.query(EXCLUDE_FAN_OUTS), tx.query(LOCK_CHANGES), prepare?.(tx), tx.query<EndpointRow>({ ...LOCK, values: target }),
        ]);
        return found.rows[0];
      },
      decide: (found) => found,
      async save(tx, found) {
        if (found === undefined || isDone?.(found) === true) return found ?? null;
        const audit = toAuditRecord(by, action, { workspaceId: scope.workspaceId, userId: found.user_id, id });
        const [changed] = await Promise.all([
          tx.query<EndpointRow>({ ...statement, values: [...target, ...values] }),
          appendToOutbox(tx, [audit, ...(records?.(found, scope) ?? [])]),
        ]);
        return changed.rows[0] ?? null;
      },
    });
  }

  return {
    change(by: Administrator, scope: EndpointScope, id: string, changes: EndpointChanges): Promise<EndpointRow | null> {
      const { url, eventTypes, description, sealedHeaders, ordering, maxInFlight } = changes;
      const values = [url, eventTypes, ordering, maxInFlight, description !== undefined, description, sealedHeaders !== undefined, sealedHeaders];
      const isEmpty = Object.values(changes).every((value) => value === undefined);
      // A fan-out that is under way knows nothing of the order yet, so it is waited for.
      const ordered = ordering === 'per_user' && { prepare: (tx: ClientBase) => giveTurns(tx, scope, id) };
      return administer(by, scope, id, { action: 'endpoint.changed', statement: CHANGE, values, isDone: () => isEmpty, ...ordered });
    },
    rotate: (by: Administrator, scope: EndpointScope, id: string, next: { sealedSecret: string; graceSeconds: number }): Promise<EndpointRow | null> =>
      administer(by, scope, id, { action: 'endpoint.secret_rotated', statement: ROTATE, values: [next.sealedSecret, next.graceSeconds] }),
    enable: (by: Administrator, scope: EndpointScope, id: string): Promise<EndpointRow | null> =>
      administer(by, scope, id, { action: 'endpoint.enabled', statement: ENABLE, isDone: ({ status }) => status === 'enabled' }),
    disable: (by: Administrator, scope: EndpointScope, id: string): Promise<EndpointRow | null> =>
      administer(by, scope, id, {
        action: 'endpoint.disabled',
        statement: DISABLE,
        isDone: ({ status }) => status === 'disabled',
        records: (_, { workspaceId }) => [endpointDisabled({ workspaceId, id, reason: 'manual' })],
      }),
    /** What its receiver has brought upon it. Nothing to do for one that is disabled already. */
    async disableUnhealthy(endpoint: UnhealthyEndpoint): Promise<void> {
      await transact(pool, {
        async load(tx) {
          const [, isDisabled] = await Promise.all([tx.query(LOCK_CHANGES), disableUnhealthy(tx, endpoint)]);
          return isDisabled;
        },
        decide: (isDisabled) => (isDisabled ? [endpointDisabled(endpoint)] : []),
        save: appendToOutbox,
      });
    },
    /** False when there is none. */
    remove: async (by: Administrator, scope: EndpointScope, id: string): Promise<boolean> =>
      (await administer(by, scope, id, { action: 'endpoint.deleted', statement: DELETE })) !== null,
  };
}
