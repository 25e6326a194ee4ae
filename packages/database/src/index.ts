export * from './database.ts';
export * from './failure.ts';
export * from './transact.ts';
