import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
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
  const shown = columns.filter(({ isMinor }) => !isNarrow || isMinor !== true);
  const template = { gridTemplateColumns: shown.map(({ width }) => width).join(' ') };
  const { body, virtualizer } = useRows(items);
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= items.length - OVERSCAN * 2) onEnd();
  }, [hasMore, isLoadingMore, last, items.length, onEnd]);
  return (
    <div className={classes.table} role="table" aria-label={label} aria-rowcount={hasMore ? -1 : items.length + 1}>
      <div role="rowgroup"><div className={classes.head} role="row" style={template}>{shown.map(({ title }) => <div key={title} role="columnheader">{title}</div>)}</div></div>
      <div ref={body} className={classes.body} role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
        {rows.map(({ index, start }) => {
          const item = items[index];
          if (item === undefined) return null;
          return (
            <div key={item.id} className={classes.row} role="row" aria-rowindex={index + 2} style={{ ...template, transform: `translateY(${start - virtualizer.options.scrollMargin}px)` }}>
              {shown.map(({ title, cell }) => <div key={title} className={classes.cell} role="cell">{cell(item)}</div>)}
            </div>
          );
        })}
      </div>
      {isLoadingMore && <div className={classes.foot} role="status">Loading more …</div>}
    </div>
  );
}

export const rowLink = classes.link ?? '';

function useRows(items: readonly { id: string }[]) {
  const body = useRef<HTMLDivElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => setScrollMargin(body.current?.offsetTop ?? 0), []);
  const virtualizer = useWindowVirtualizer({ count: items.length, estimateSize: () => ROW_HEIGHT, overscan: OVERSCAN, scrollMargin, getItemKey: (index) => items[index]?.id ?? index });
  return { body, virtualizer };
}
