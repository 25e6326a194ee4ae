import { join } from 'node:path';

/** The root of the repository, in an image too: migrations, topics and scripts lie under it. */
export const REPOSITORY = join(import.meta.dirname, '../../..');
