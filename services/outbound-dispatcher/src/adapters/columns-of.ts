/** Rows turned into one array per column, for unnest. There must be one row at least. */
export function columnsOf<Row>(rows: readonly Row[], cells: (row: Row) => unknown[]): unknown[][] {
  const columns: unknown[][] = cells(rows[0]!).map(() => []);
  for (const row of rows) cells(row).forEach((cell, index) => columns[index]!.push(cell));
  return columns;
}
