import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { firstLoadBudget } from './build/first-load-budget.ts';
import { themeStyles } from './build/theme-styles.ts';

// WAGGLE_URL: the gateway whose API `npx vite` uses while one works on the portal.
const gateway = process.env['WAGGLE_URL'] ?? 'http://localhost:8080';

export default defineConfig({
  base: '/portal/',
  plugins: [react(), themeStyles(), firstLoadBudget({ gzippedBytesMax: 250_000 })],
  build: {
    target: 'es2023',
    // Inlined files would need `data:` in the policy for more than images; a preload polyfill is a script that nobody needs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': gateway, '/user': gateway, '/docs': gateway } },
});
