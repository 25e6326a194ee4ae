import type { MantineThemeOverride } from '@mantine/core';

export const theme: MantineThemeOverride = {
  primaryColor: 'honey',
  primaryShade: { light: 4, dark: 4 },
  // Dark words on honey, whatever the scheme.
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: '650' },
  // Warm greys, to go with it.
  colors: {
    gray: ['#faf8f3', '#f3f0e8', '#eae6dc', '#ddd8cc', '#c9c3b5', '#aba494', '#857e6f', '#5b5547', '#3d382d', '#262219'],
    dark: ['#cfc8ba', '#b3ab9b', '#8c8577', '#5d574b', '#3d382d', '#2e2a21', '#221f18', '#1b1914', '#14120e', '#0d0c09'],
    honey: ['#fff9e6', '#fff0c7', '#ffe294', '#ffd35c', '#fcc127', '#f0b000', '#d49600', '#a87400', '#835900', '#5c3f00'],
  },
};
