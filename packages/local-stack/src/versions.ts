/** The first thing in a text that looks like a version (`15.18`, `7.0.15`, `17`), as numbers; null if nothing does. */
export function parseVersion(text: string): number[] | null {
  const found = /\d+(?:\.\d+)*/.exec(text)?.[0];
  return found === undefined ? null : found.split('.').map(Number);
}

export function isAtLeast(version: readonly number[], floor: readonly number[]): boolean {
  for (const [index, needed] of floor.entries()) {
    const present = version[index] ?? 0;
    if (present !== needed) return present > needed;
  }
  return true;
}

export const showVersion = (version: readonly number[]) => version.join('.');
