import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

/** What a schema is made of; everything else that stands in one says which values there may be. */
const PARTS = new Set(['properties', 'required', 'items', 'anyOf', 'oneOf', 'title', 'description', '$schema']);

/**
 * Why readers of a public message could not go on with its new schema; empty where they can. A new field that may be missing is all that is
 * allowed: a removed one, a new required one, one that may be missing now, and any other type, narrower or wider, need a new version.
 */
export function incompatibilities(before: Schema, after: Schema, path = '$'): string[] {
  return [...changedValues(before, after, path), ...changedProperties(before, after, path), ...changedParts(before, after, path)];
}

function changedValues(before: Schema, after: Schema, path: string): string[] {
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]).difference(PARTS);
  return [...keywords].filter((keyword) => !isSame(before[keyword], after[keyword])).map((keyword) => `${path}: ${keyword} was ${textOf(before[keyword])} and is ${textOf(after[keyword])}`);
}

function changedProperties(before: Schema, after: Schema, path: string): string[] {
  const [old, now] = [schemasIn(before['properties']), schemasIn(after['properties'])];
  const [wasRequired, isRequired] = [namesIn(before['required']), namesIn(after['required'])];
  return [
    ...Object.keys(old).filter((name) => !(name in now)).map((name) => `${path}.${name} was removed`),
    ...isRequired.difference(wasRequired).values().map((name) => `${path}.${name} is required${name in old ? ' now' : ' and new'}`),
    ...wasRequired.difference(isRequired).values().filter((name) => name in now).map((name) => `${path}.${name} may be missing now`),
    ...Object.entries(old).flatMap(([name, schema]) => (now[name] === undefined ? [] : incompatibilities(schema, now[name], `${path}.${name}`))),
  ];
}

function changedParts(before: Schema, after: Schema, path: string): string[] {
  const items = before['items'] === undefined && after['items'] === undefined ? [] : incompatibilities(asSchema(before['items']), asSchema(after['items']), `${path}[]`);
  const choices = ['anyOf', 'oneOf'].flatMap((keyword) => {
    const [old, now] = [listIn(before[keyword]), listIn(after[keyword])];
    if (old.length !== now.length) return [`${path}: ${keyword} had ${old.length} forms and has ${now.length}`];
    return old.flatMap((schema, index) => incompatibilities(schema, now[index]!, `${path}|${index}`));
  });
  return [...items, ...choices];
}

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
const textOf = (value: unknown) => JSON.stringify(value) ?? 'not given';
const asSchema = (value: unknown): Schema => z.record(z.string(), z.unknown()).parse(value ?? {});
const schemasIn = (value: unknown) => z.record(z.string(), z.record(z.string(), z.unknown())).parse(value ?? {});
const namesIn = (value: unknown) => new Set(z.array(z.string()).parse(value ?? []));
const listIn = (value: unknown) => z.array(z.record(z.string(), z.unknown())).parse(value ?? []);
