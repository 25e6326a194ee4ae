import type { ReactNode } from 'react';
import classes from './data-table.module.css';

interface DataTableProps<Item> {
  label: string;
  /** One without a title is what can be done with an item. */
  columns: readonly { title: string; cell(item: Item): ReactNode }[];
  items: readonly Item[];
  keyOf(item: Item): string;
}

/** For lists that are short by nature. What is too wide scrolls inside, with the keyboard too. */
export function DataTable<Item>({ label, columns, items, keyOf }: DataTableProps<Item>) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.table}>
        <thead><tr>{columns.map(({ title }) => <th key={title} scope="col">{title === '' ? <span className="visually-hidden">Actions</span> : title}</th>)}</tr></thead>
        <tbody>{items.map((item) => <tr key={keyOf(item)}>{columns.map(({ title, cell }) => <td key={title} className={title === '' ? classes.actions : undefined}>{cell(item)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
