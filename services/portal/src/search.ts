/** The filters of a page as its address holds them: what is not known or empty is left out. */
export const searchOf = <Name extends string>(...names: readonly Name[]) => (given: Record<string, unknown>): { [Key in Name]?: string } => {
  const search: { [Key in Name]?: string } = {};
  for (const name of names) {
    const value = given[name];
    if (typeof value === 'string' && value !== '') search[name] = value;
    if (typeof value === 'number') search[name] = String(value);
  }
  return search;
};
