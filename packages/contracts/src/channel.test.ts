import { expect, test } from '@jest/globals';
import { connectChannelBody } from './channel.ts';

const telegram = { kind: 'telegram', bot_token: '123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11', chat_id: 7 };
const faultsOf = (body: unknown) => connectChannelBody.safeParse(body).error?.issues.map(({ path }) => path.join('.'));

test.each([
  { description: "a token of Telegram's form", body: telegram },
  { description: 'any token that is safe in a path', body: { ...telegram, bot_token: 'my-own_Server:1' } },
  { description: 'a token of 200 characters', body: { ...telegram, bot_token: 'x'.repeat(200) } },
  { description: 'the id of a group', body: { ...telegram, chat_id: -1_001_234_567_890 } },
  { description: 'a channel by name', body: { ...telegram, chat_id: '@channelusername' } },
  { description: "a chat in another server's words", body: { ...telegram, chat_id: 'café, 2nd floor' } },
  { description: 'a chat of 200 characters', body: { ...telegram, chat_id: 'x'.repeat(200) } },
])('$description is accepted', ({ body }) => {
  expect(connectChannelBody.parse(body)).toEqual(body);
});

test.each([
  ...['', 'x'.repeat(201), 'a/b', 'a b', '..', 'a%2Fb', 'a?b', 'a#b', 'ä', 'a\n', 7].map((token) => ({ body: { ...telegram, bot_token: token }, path: 'bot_token' })),
  ...['', 'x'.repeat(201), 'a\u0000b', '\ud800', 1.5, 2 ** 53, null].map((chat) => ({ body: { ...telegram, chat_id: chat }, path: 'chat_id' })),
  ...['', 'https://x.example/\u0000', '\ud800', `https://${'x'.repeat(2_041)}`].flatMap((url) => [
    { body: { ...telegram, api_base_url: url }, path: 'api_base_url' }, { body: { kind: 'slack', webhook_url: url }, path: 'webhook_url' }, { body: { kind: 'webhook', url }, path: 'url' },
  ]),
])('$path of $body is refused', ({ body, path }) => {
  expect(faultsOf(body)).toEqual([path]);
});
