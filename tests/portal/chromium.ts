import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** A browser of this machine; none is downloaded. `CHROMIUM` names another one. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [process.env['CHROMIUM'], ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))].find((file) => file !== undefined && file !== '' && existsSync(file));
}
