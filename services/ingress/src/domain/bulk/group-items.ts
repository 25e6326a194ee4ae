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

/**
 * Gathers items into few records: those of one user together and in their order, those that are not valid by themselves. What is full
 * is ready; the rest comes with `flush`.
 */
export function createGrouping(head: BulkHead) {
  let groups = new Map<string | null, Group>();
  let ready: BulkPart[] = [];
  let characters = 0;

  function put(userId: string | null, entry: { items: BulkItem[]; refused: RefusedItem[] }) {
    const size = JSON.stringify(entry).length;
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
    add: (item: BulkItem): void => put(item.body.user_id, { items: [item], refused: [] }),
    refuse: (refused: RefusedItem): void => put(null, { items: [], refused: [refused] }),
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
