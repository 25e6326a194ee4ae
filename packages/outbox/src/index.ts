export * from './outbox.ts';
export * from './relay.ts';
