import { z } from 'zod';

/** Every list's parameters. A route adds its own filters; anything else is refused. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  // A position may hold a name: 200 characters, of up to six bytes each in JSON.
  cursor: z.string().max(4_096).optional(),
});

export interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
  has_more: boolean;
}
