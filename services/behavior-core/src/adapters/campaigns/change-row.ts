import { transact } from '@waggle/database';
import type { Pool } from 'pg';
import { appendAudit, type Administrator } from '../people/audit-log.ts';

/** A table whose rows are administered. */
export interface AdministeredTable<Row> {
  name: string;
  kind: 'campaign' | 'campaign_task';
  /** Column by field: all of a row. */
  columns: Readonly<Record<keyof Row & string, string>>;
  /** Those that a change may touch. */
  changing: readonly (keyof Row & string)[];
  /** Which row: of the workspace $1. */
  where: string;
}

interface Change<Row> {
  table: AdministeredTable<Row>;
  /** For `where`, from $2 on; the first is the row's id. */
  values: readonly [id: string | number, ...more: (string | number)[]];
  /** What the row should be. A throw leaves it as it is. */
  next(row: Row): Row;
}

/** Shows a row under its lock and writes what becomes of it with an entry in the audit log. Null when there is none. What changes nothing writes nothing. */
export async function changeRow<Row extends { updatedAt: Date }>(pool: Pool, by: Administrator, { table, values, next }: Change<Row>): Promise<Row | null> {
  const key = [by.workspaceId, ...values];
  return transact(pool, {
    load: async (tx) => (await tx.query<Row>({ ...lockOf(table), values: key })).rows[0],
    decide(row) {
      if (row === undefined) return { row: null, changed: [] };
      const wanted = next(row);
      return { row: wanted, changed: table.changing.filter((field) => JSON.stringify(wanted[field]) !== JSON.stringify(row[field])) };
    },
    async save(tx, { row, changed }) {
      if (row === null || changed.length === 0) return row;
      const details = { changed: changed.map((field) => table.columns[field]).join(',') };
      const [written] = await Promise.all([
        tx.query<Row>({ ...updateOf(table, key.length), values: [...key, ...table.changing.map((field) => row[field])] }),
        appendAudit(tx, by, { action: `${table.kind}.changed`, target: { kind: table.kind, id: String(values[0]) }, details }),
      ]);
      return written.rows[0] ?? null;
    },
  });
}

function lockOf<Row>(table: AdministeredTable<Row>) {
  return { name: `${table.name}_lock_row`, text: `SELECT ${selected(table)} FROM ${table.name} WHERE ${table.where} FOR NO KEY UPDATE` };
}

function updateOf<Row>(table: AdministeredTable<Row>, keyLength: number) {
  const assignments = table.changing.map((field, index) => `${table.columns[field]} = $${keyLength + index + 1}`);
  return {
    name: `${table.name}_change_row`,
    text: `UPDATE ${table.name} SET ${assignments.join(', ')}, updated_at = clock_timestamp() WHERE ${table.where} RETURNING ${selected(table)}`,
  };
}

function selected<Row>({ columns }: AdministeredTable<Row>): string {
  return Object.entries(columns).map(([field, column]) => `${String(column)} AS "${field}"`).join(', ');
}
