import type { RecordedEvent } from '@waggle/contracts';
import { z } from 'zod';

const COLUMNS = ['id', 'event', 'timestamp', 'recorded_at', 'user_id', 'entity_id', 'entity_type', 'entity_name', 'channel'] as const;

// The contract's envelope has one entity object. Which members it has differs by event.
const entity = z.object({ id: z.string(), type: z.string(), name: z.string(), channel: z.string() }).partial();
const ENTITIES = ['activity', 'reminder', 'routine', 'award'];

export const CSV_HEADER = `${COLUMNS.join(',')}\n`;

/**
 * One line. Names and channels are free text by anybody, and the file is opened in spreadsheets, which would compute what begins like a
 * formula: those two get an apostrophe before it (OWASP, "CSV injection"). Ids, times and types cannot hold a formula, and stay what they
 * are, so that they still join with what others have.
 */
export function toCsvLine(item: RecordedEvent): string {
  const { id = '', type = '', name = '', channel } = entityOf(item);
  const cells = [item.id, item.event, item.timestamp, item.recorded_at, item.user_id, id, type, withoutFormula(name), withoutFormula(channel ?? '')];
  return `${cells.map(quote).join(',')}\n`;
}

function entityOf(item: RecordedEvent): z.infer<typeof entity> {
  const found = ENTITIES.map((name) => entity.safeParse(item[name])).find(({ success }) => success);
  return found?.data ?? {};
}

const withoutFormula = (text: string) => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);

/** RFC 4180, but for the line's end. */
const quote = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
