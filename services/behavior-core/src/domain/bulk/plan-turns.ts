import { bulkCommand, type BulkCommand } from '@waggle/contracts';

/** A piece of one record. A record without an item has one empty part: it may tell the total. */
export type BulkPart = BulkCommand;

/** So many items of one record in a row, before others get their turn. */
const SLICE_ITEMS = 25;

/** Deals records out to lanes that may be worked on at once: no two of them have a user in common. */
export function dealIntoLanes(commands: readonly BulkCommand[], lanes: number): BulkCommand[][] {
  const byKey = [...Map.groupBy(commands, bulkCommand.key).values()];
  return Array.from({ length: lanes }, (_, lane) => byKey.filter((_records, at) => at % lanes === lane).flat());
}

/**
 * Cuts records into turns, one transaction each, so that no user is locked for long. `itemsMax` is asked for each turn. Users take turns;
 * what one user asked stays in its order.
 */
export function* planTurns(commands: readonly BulkCommand[], itemsMax: () => number): Generator<BulkPart[]> {
  const waiting = [...Map.groupBy(commands, bulkCommand.key).values()].map((records) => records.flatMap(cut).values());
  let [turn, size, sizeMax]: [BulkPart[], number, number] = [[], 0, itemsMax()];
  for (let parts = waiting.shift(); parts !== undefined; parts = waiting.shift()) {
    const { value: part, done } = parts.next();
    if (done === true || part === undefined) continue;
    waiting.push(parts);
    if (turn.length > 0 && size + sizeOf(part) > sizeMax) {
      yield turn;
      [turn, size, sizeMax] = [[], 0, itemsMax()];
    }
    turn.push(part);
    size += sizeOf(part);
  }
  if (turn.length > 0) yield turn;
}

export const sizeOf = ({ items, refused }: BulkPart): number => items.length + refused.length;

function cut(command: BulkCommand): BulkPart[] {
  const parts: BulkPart[] = [];
  for (let at = 0; at < command.items.length; at += SLICE_ITEMS) parts.push({ ...command, items: command.items.slice(at, at + SLICE_ITEMS), refused: [] });
  // Refused items cost no decision.
  if (command.refused.length > 0 || parts.length === 0) parts.push({ ...command, items: [] });
  return parts;
}
