import type { OperationKind } from '@waggle/contracts';
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';

/** Which service keeps an operation's row. */
export type OperationKeeper = 'core' | 'dispatcher';

export interface OperationClaim {
  keeper: OperationKeeper;
  kind: OperationKind;
  acceptedAtMs: number;
}

interface Maker {
  workspaceId: string;
  /** Null for a system key. */
  userId: string | null;
}

// The place is the id's first byte: only ever append.
const KINDS: readonly { keeper: OperationKeeper; kind: OperationKind }[] = [
  { keeper: 'core', kind: 'inbound' }, { keeper: 'dispatcher', kind: 'replay' }, { keeper: 'core', kind: 'bulk' }, { keeper: 'core', kind: 'erase' },
];
const DEFAULT_KINDS: Record<OperationKeeper, OperationKind> = { core: 'inbound', dispatcher: 'replay' };
const BODY_BYTES = 13;
const CREATOR_BYTES = 5;
const MAC_BYTES = 10;

/**
 * Operation ids prove by themselves that they were given out: keeper and kind (1 byte), time (6), randomness (6), a tag of the creator (5) and a MAC
 * over all of it and the workspace (10). So an operation that has no row yet can be told from one that never was.
 */
export function createOperationIds(secretHex: string) {
  const key = createSecretKey(secretHex, 'hex');
  const tagOf = ({ workspaceId, userId }: Maker) => hmac(['creator', workspaceId, userId ?? ''], CREATOR_BYTES);
  const macOf = (body: Buffer, workspaceId: string) => hmac(['operation', workspaceId, body.toString('hex')], MAC_BYTES);

  function hmac(parts: readonly string[], length: number): Buffer {
    return createHmac('sha256', key).update(JSON.stringify(parts)).digest().subarray(0, length);
  }

  return {
    make(maker: Maker, keeper: OperationKeeper, nowMs: number, kind: OperationKind = DEFAULT_KINDS[keeper]): string {
      const head = Buffer.alloc(BODY_BYTES);
      head.writeUInt8(KINDS.findIndex((known) => known.keeper === keeper && known.kind === kind), 0);
      head.writeUIntBE(nowMs, 1, 6);
      randomBytes(6).copy(head, 7);
      const body = Buffer.concat([head, tagOf(maker)]);
      return `op_${Buffer.concat([body, macOf(body, maker.workspaceId)]).toString('hex')}`;
    },
    /** Null unless it was given out for this workspace, and to this reader or the reader holds a system key. */
    read(id: string, reader: Maker): OperationClaim | null {
      const [, hex] = /^op_([0-9a-f]{56})$/.exec(id) ?? [];
      if (hex === undefined) return null;
      const bytes = Buffer.from(hex, 'hex');
      const body = bytes.subarray(0, BODY_BYTES + CREATOR_BYTES);
      if (!timingSafeEqual(bytes.subarray(BODY_BYTES + CREATOR_BYTES), macOf(body, reader.workspaceId))) return null;
      if (reader.userId !== null && !timingSafeEqual(body.subarray(BODY_BYTES), tagOf(reader))) return null;
      const known = KINDS[body.readUInt8(0)];
      return known === undefined ? null : { ...known, acceptedAtMs: body.readUIntBE(1, 6) };
    },
  };
}
