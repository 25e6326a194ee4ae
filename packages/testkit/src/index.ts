export * from './a-command.ts';
export * from './api.ts';
export * from './collect-topic.ts';
export * from './consumer-group.ts';
export * from './eventually.ts';
export * from './receiver.ts';
export * from './test-servers.ts';
export * from './use-stack.ts';
