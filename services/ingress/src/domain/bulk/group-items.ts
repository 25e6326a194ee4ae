import { BULK_ITEMS_PER_RECORD, type BulkCommand, type BulkItem, type RefusedItem } from '@waggle/contracts';

/** What all records of one request share. `reply_to` is filled in when they are sent. */
export type BulkHead = Omit<BulkCommand, 'user_id' | 'items' | 'refused' | 'reply_to'>;
export type BulkPart = Omit<BulkCommand, 'reply_to'>;

interface Group {
  part: BulkPart;
  characters: number;
}

/** Of one record, as JSON. Characters are at most three bytes, and the broker takes 1 MB. */
const RECORD_CHARACTERS_MAX = 256 * 1024;
/** Of one item, which may have a record of its own: what is left of the broker's 1 MB is for the record's other fields. */
export const ITEM_BYTES_MAX = 900_000;

/**
 * Gathers items into few records: those of one user together and in their order, those that are not valid by themselves. What is full
 * is ready; the rest comes with `flush`.
 */
export function createGrouping(head: BulkHead) {
  let groups = new Map<string | null, Group>();
  let ready: BulkPart[] = [];
  let characters = 0;

  function put(userId: string | null, entry: { items: BulkItem[]; refused: RefusedItem[] }, size: number) {
    let group = groups.get(userId);
    if (group !== undefined && (countOf(group.part) === BULK_ITEMS_PER_RECORD || group.characters + size > RECORD_CHARACTERS_MAX)) {
      ready.push(group.part);
      group = undefined;
    }
    group ??= { part: { ...head, user_id: userId, items: [], refused: [] }, characters: 0 };
    groups.set(userId, group);
    group.part.items.push(...entry.items);
    group.part.refused.push(...entry.refused);
    group.characters += size;
    characters += size;
  }

  return {
    /** False, and nothing is added: no record has room for this item. */
    add(item: BulkItem): boolean {
      const text = JSON.stringify(item);
      if (text.length > RECORD_CHARACTERS_MAX && Buffer.byteLength(text) > ITEM_BYTES_MAX) return false;
      put(item.body.user_id, { items: [item], refused: [] }, text.length);
      return true;
    },
    refuse: (refused: RefusedItem): void => put(null, { items: [], refused: [refused] }, JSON.stringify(refused).length),
    /** How much is held, in characters. */
    held: (): number => characters,
    /** Everything held, oldest first per user. */
    flush(): BulkPart[] {
      const parts = [...ready, ...[...groups.values()].map(({ part }) => part)];
      [groups, ready, characters] = [new Map(), [], 0];
      return parts;
    },
  };
}

export const countOf = ({ items, refused }: BulkPart) => items.length + refused.length;
