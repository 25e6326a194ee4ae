/** New items come first, known ones are replaced where they stand; nothing that is there goes. */
export function mergeHead<Item extends { id: string }, Rest extends object>(pages: readonly (Rest & { data: Item[] })[], head: readonly Item[]): (Rest & { data: Item[] })[] {
  const latest = new Map(head.map((item) => [item.id, item]));
  const known = new Set(pages.flatMap(({ data }) => data.map(({ id }) => id)));
  const added = head.filter(({ id }) => !known.has(id));
  return pages.map((page, index) => {
    const data = page.data.map((item) => latest.get(item.id) ?? item);
    return { ...page, data: index === 0 ? [...added, ...data] : data };
  });
}
