export * from './ask-postgres.ts';
export * from './databases.ts';
export * from './dead-letters.ts';
export * from './json-file.ts';
export * from './migrate.ts';
export { openSecrets, type Secrets } from './secrets.ts';
export * from './setup-databases.ts';
export * from './setup-stack.ts';
export * from './topics.ts';
