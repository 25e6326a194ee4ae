const PAGES: Readonly<Record<string, string>> = {
  dlv: '/settings/developer/deliveries', evt: '/settings/developer/events', whe: '/settings/developer/webhooks', act: '/activities',
};

/** Of an id, by what it begins with; null for what has no page of its own. What stands around it when it is copied is left off. */
export function pageOf(text: string): string | null {
  const [, id, kind] = /^["'`\s]*(([a-z]{3})_[A-Za-z0-9_-]{1,60})["'`,;.\s]*$/.exec(text) ?? [];
  const folder = PAGES[kind ?? ''];
  return id === undefined || folder === undefined ? null : `${folder}/${id}`;
}
