export * from './databases.ts';
export * from './migrate.ts';
export { freePort } from './ports.ts';
export { startServer, type ServerCommand, type ServerProcess } from './server-process.ts';
export * from './servers.ts';
export * from './setup-databases.ts';
export * from './setup-stack.ts';
export * from './topics.ts';
