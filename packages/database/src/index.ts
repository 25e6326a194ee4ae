export * from './cleaner.ts';
export * from './database.ts';
export * from './failure.ts';
export * from './idempotent-requests.ts';
export * from './join-json.ts';
export type { SharedTransaction } from './shared-transaction.ts';
export * from './transact.ts';
