interface Entity {
  id: string;
  name: string;
}

/** The one object that an event is about, whatever it is called in it. */
export function entityOf(event: Readonly<Record<string, unknown>>): Entity | null {
  for (const name of ['activity', 'routine', 'reminder', 'award']) {
    const { id, name: called } = (event[name] ?? {}) as { id?: unknown; name?: unknown };
    if (typeof id === 'string') return { id, name: typeof called === 'string' ? called : id };
  }
  return null;
}
