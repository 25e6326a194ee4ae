export const MEGABYTE = 1024 * 1024;

/** No two are alike. */
export const megabytes = (count: number) => Array.from({ length: count }, (_, index) => Buffer.alloc(MEGABYTE, index));
