import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** Fails the build when what a browser must have before it shows anything, the entry and all that it imports, is larger. */
export function firstLoadBudget({ gzippedBytesMax }: { gzippedBytesMax: number }): Plugin {
  return {
    name: 'first-load-budget',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
      const needed = new Set(chunks.filter(({ isEntry }) => isEntry));
      for (const chunk of needed) for (const name of chunk.imports) if (byName.has(name)) needed.add(byName.get(name)!);
      const bytes = [...needed].reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
      const told = `First load: ${Math.round(bytes / 1_000)} KB of gzipped JavaScript, of ${gzippedBytesMax / 1_000} KB`;
      if (needed.size === 0 || bytes > gzippedBytesMax) this.error(`${told} at most`);
      this.info(told);
    },
  };
}
