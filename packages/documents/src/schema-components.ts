import * as contracts from '@waggle/contracts';
import { z } from 'zod';

type JsonSchema = Record<string, unknown>;

const NAMES: ReadonlyMap<unknown, string> = new Map(
  Object.entries(contracts).flatMap(([name, value]) => (value instanceof z.ZodType ? [[value, `${name[0]!.toUpperCase()}${name.slice(1)}`] as const] : [])),
);

/** What is written of a schema everywhere: what may be sent, defaults may be left out, and fields that are not known may come along where nothing forbids it. */
export const toJsonSchema = (schema: z.ZodType): JsonSchema => withoutMeta(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));

/** Schemas of the contracts, by the names that they have there; one that is a route's own is named by the route. */
export function createComponents() {
  const registry = z.registry<{ id: string }>();
  const names = new Map<z.ZodType, string>();

  return {
    refTo(schema: z.ZodType, nameOtherwise: string): JsonSchema {
      const name = names.get(schema) ?? NAMES.get(schema) ?? nameOtherwise;
      if (!names.has(schema)) registry.add(schema, { id: name });
      names.set(schema, name);
      return { $ref: `#/components/schemas/${name}` };
    },
    schemas(): Record<string, JsonSchema> {
      const { schemas } = z.toJSONSchema(registry, { io: 'input', unrepresentable: 'any', uri: (id) => `#/components/schemas/${id}` });
      const sorted = Object.entries(schemas).toSorted(([one], [other]) => (one < other ? -1 : 1));
      return Object.fromEntries(sorted.map(([name, schema]) => [name, withoutMeta(schema)]));
    },
  };
}

const META = ['$schema', '$id', 'id'];
const withoutMeta = (schema: JsonSchema): JsonSchema => Object.fromEntries(Object.entries(schema).filter(([name]) => !META.includes(name)));
