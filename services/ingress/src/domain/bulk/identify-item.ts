import { hash } from 'node:crypto';
import { keyedCommandId, naturalCommandId, type BulkItem, type InstructionBody } from '@waggle/contracts';

/**
 * Gives items their command ids. With an Idempotency-Key: the key and the item's place, and for an item equal to an earlier one the earlier
 * one's place, so that it is the duplicate that it is without a key.
 */
export function createItemIdentities(workspaceId: string, request: { id: string } | null) {
  const places = new Map<string, number>();
  return (index: number, body: InstructionBody): BulkItem => {
    if (request === null) return { index, id: naturalCommandId(workspaceId, body), digest: null, body };
    const digest = digestOf(body);
    const place = places.get(digest) ?? index;
    if (place === index) places.set(digest, index);
    return { index, id: keyedCommandId(request.id, place), digest, body };
  };
}

const digestOf = (body: InstructionBody) => hash('sha256', JSON.stringify(body), 'base64url').slice(0, 27);
