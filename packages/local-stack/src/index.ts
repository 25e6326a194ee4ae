export { freePort } from './ports.ts';
export { startServer, type ServerCommand, type ServerProcess } from './server-process.ts';
export * from './servers.ts';
