import { expect, test } from '@jest/globals';
import { parseCommand } from './operator.ts';

test.each([
  { words: ['create-workspace'], options: { name: 'Acme' }, command: { kind: 'create-workspace', name: 'Acme' } },
  { words: ['list-workspaces'], options: {}, command: { kind: 'list-workspaces' } },
  { words: ['create-key'], options: { workspace: 'ws_1' }, command: { kind: 'create-key', workspaceId: 'ws_1', label: 'made by the operator' } },
  { words: ['create-key'], options: { workspace: 'ws_1', label: 'new' }, command: { kind: 'create-key', workspaceId: 'ws_1', label: 'new' } },
  { words: ['create-portal-session'], options: { workspace: 'ws_1' }, command: { kind: 'create-portal-session', workspaceId: 'ws_1', userId: null } },
  { words: ['create-portal-session'], options: { workspace: 'ws_1', user: 'usr_1' }, command: { kind: 'create-portal-session', workspaceId: 'ws_1', userId: 'usr_1' } },
  { words: ['audit-log'], options: { workspace: 'ws_1' }, command: { kind: 'audit-log', workspaceId: 'ws_1', limit: 50 } },
])('$words $options is understood', ({ words, options, command }) => {
  expect(parseCommand(words, options)).toEqual(command);
});

test.each([
  { description: 'no command', words: [], options: {}, problem: 'Which command?' },
  { description: 'an unknown command', words: ['drop-workspace'], options: {}, problem: 'There is no command drop-workspace' },
  { description: 'a name that every object has', words: ['toString'], options: {}, problem: 'There is no command toString' },
  { description: 'a word too many', words: ['list-workspaces', 'all'], options: {}, problem: 'list-workspaces does not take all' },
  { description: "another command's option", words: ['list-workspaces'], options: { name: 'x' }, problem: 'list-workspaces does not take --name' },
  { description: 'no name', words: ['create-workspace'], options: {}, problem: '--name must have 1 to 200 characters' },
  { description: 'an empty name', words: ['create-workspace'], options: { name: '' }, problem: '--name must have 1 to 200 characters' },
  { description: 'no workspace', words: ['create-key'], options: {}, problem: '--workspace is missing' },
  { description: 'a user that can be none', words: ['create-portal-session'], options: { workspace: 'ws_1', user: 'a b' }, problem: '--user must be the id of a user' },
  { description: 'a limit that is no number', words: ['audit-log'], options: { workspace: 'ws_1', limit: 'all' }, problem: '--limit must be a number from 1 to 10000' },
])('$description is said in words', ({ words, options, problem }) => {
  expect(parseCommand(words, options)).toEqual({ problem });
});
