import type { ReactNode } from 'react';
import classes from './data-table.module.css';

interface DataTableProps<Item> {
  label: string;
  columns: readonly { title: ReactNode; cell(item: Item): ReactNode }[];
  items: readonly Item[];
  keyOf(item: Item): string;
}

/** For lists that are short by nature. What is too wide scrolls inside, with the keyboard too. */
export function DataTable<Item>({ label, columns, items, keyOf }: DataTableProps<Item>) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.table}>
        <thead><tr>{columns.map(({ title }, index) => <th key={index} scope="col">{title}</th>)}</tr></thead>
        <tbody>{items.map((item) => <tr key={keyOf(item)}>{columns.map(({ cell }, index) => <td key={index}>{cell(item)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
