import { z } from 'zod';

/** Every list's parameters. A route adds its own filters; anything else is refused. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(1_024).optional(),
});

export interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
  has_more: boolean;
}
