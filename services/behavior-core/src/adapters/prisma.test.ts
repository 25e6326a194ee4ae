import { DatabaseUnavailable } from '@waggle/database';
import { expect, test } from '@jest/globals';
import { Prisma } from '../generated/prisma/client.ts';
import { orUnavailable } from './prisma.ts';

const known = (code: string) => new Prisma.PrismaClientKnownRequestError('', { code, clientVersion: '7' });
async function failureOf(thrown: unknown): Promise<unknown> {
  try {
    return await orUnavailable(Promise.reject(thrown));
  } catch (failure) {
    return failure;
  }
}

test.each([
  ['a server that cannot be reached', known('P1001')],
  ['a closed connection', known('P1017')],
  ['a pool without a free connection', known('P2024')],
  ['a transaction that could not start in time', known('P2028')],
  ['a deadlock', known('P2034')],
  ['too many connections', known('P2037')],
  ['a table that is not there yet', known('P2021')],
  ['what Prisma does not know', new Prisma.PrismaClientUnknownRequestError('', { clientVersion: '7' })],
  ['an error of the driver', new Error('timeout exceeded when trying to connect')],
])('%s is the state of the database', async (_description, error) => {
  expect(await failureOf(error)).toEqual(expect.any(DatabaseUnavailable));
});

test.each([
  ['a value that is too long', known('P2000')],
  ['a row that is there already', known('P2002')],
  ['a value that no field takes', known('P2023')],
  ['a query that Prisma refuses to send', new Prisma.PrismaClientValidationError('', { clientVersion: '7' })],
  ['a fault in our code', new TypeError('undefined is no function')],
])('%s is a fault, and trying again changes nothing', async (_description, error) => {
  expect(await failureOf(error)).toBe(error);
});
