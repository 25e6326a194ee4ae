import type { z } from 'zod';

/** One Kafka message, declared once: producers build with it, consumers parse with it. */
export interface MessageDefinition<Schema extends z.ZodType = z.ZodType> {
  topic: string;
  data: Schema;
  /** Messages with the same key keep their order. */
  key(data: z.infer<Schema>): string;
}

export function defineMessage<Schema extends z.ZodType>(definition: MessageDefinition<Schema>): MessageDefinition<Schema> {
  return definition;
}

export const keyOfUser = (of: { workspace_id: string; user_id: string }) => `${of.workspace_id}:${of.user_id}`;
export const keyOfWallet = (of: { campaign_id: number; wallet: string }) => `${of.campaign_id}:${of.wallet}`;

/** CloudEvents' `sequence` extension: the number of an event among its user's, from a record's headers; null where it has none. */
export function sequenceOf({ ce_sequence: text = '' }: Readonly<Record<string, string>>): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}
