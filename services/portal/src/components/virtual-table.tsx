import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useMediaQuery } from '@mantine/hooks';
import classes from './virtual-table.module.css';

export interface Column<Item> {
  title: string;
  /** As in `minmax(0, 2fr)`. */
  width: string;
  /** Left out where there is little room. */
  isMinor?: boolean;
  cell(item: Item): ReactNode;
}

interface VirtualTableProps<Item> {
  label: string;
  columns: readonly Column<Item>[];
  items: readonly Item[];
  hasMore: boolean;
  isLoadingMore: boolean;
  onEnd(): void;
}

const ROW_HEIGHT = 46;
const OVERSCAN = 12;

/** Only the rows in sight are in the page, however many there are; it scrolls with the window. */
export function VirtualTable<Item extends { id: string }>({ label, columns, items, hasMore, isLoadingMore, onEnd }: VirtualTableProps<Item>) {
  const isNarrow = useMediaQuery('(max-width: 48rem)') ?? false;
  const shown = useMemo(() => columns.filter(({ isMinor }) => !isNarrow || isMinor !== true), [columns, isNarrow]);
  const template = shown.map(({ width }) => width).join(' ');
  const { body, virtualizer } = useRows(items);
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= items.length - OVERSCAN * 2) onEnd();
  }, [hasMore, isLoadingMore, last, items.length, onEnd]);
  return (
    <div className={classes.table} role="table" aria-label={label} aria-rowcount={hasMore ? -1 : items.length + 1}>
      <div role="rowgroup"><div className={classes.head} role="row" style={{ gridTemplateColumns: template }}>{shown.map(({ title }) => <div key={title} role="columnheader">{title}</div>)}</div></div>
      <div ref={body} className={classes.body} role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map(({ index, start }) => {
          const item = items[index];
          return item !== undefined && <Row key={item.id} item={item} columns={shown} template={template} index={index} top={start - virtualizer.options.scrollMargin} />;
        })}
      </div>
      {isLoadingMore && <div className={classes.foot} role="status">Loading more …</div>}
    </div>
  );
}

interface RowProps<Item> {
  item: Item;
  columns: readonly Column<Item>[];
  template: string;
  index: number;
  top: number;
}

/** Made once while it is in sight: with each step of the scrolling only those that come are made, which is what keeps it smooth. */
const Row = memo(function Row<Item>({ item, columns, template, index, top }: RowProps<Item>) {
  return (
    <div className={classes.row} role="row" aria-rowindex={index + 2} style={{ gridTemplateColumns: template, transform: `translateY(${top}px)` }}>
      {columns.map(({ title, cell }) => <div key={title} className={classes.cell} role="cell">{cell(item)}</div>)}
    </div>
  );
}) as <Item>(props: RowProps<Item>) => ReactNode;

export const rowLink = classes.link ?? '';
export const rowUnder = classes.under ?? '';

function useRows(items: readonly { id: string }[]) {
  const body = useRef<HTMLDivElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => setScrollMargin(body.current?.offsetTop ?? 0), []);
  const virtualizer = useWindowVirtualizer({ count: items.length, estimateSize: () => ROW_HEIGHT, overscan: OVERSCAN, scrollMargin, getItemKey: (index) => items[index]?.id ?? index });
  return { body, virtualizer };
}
