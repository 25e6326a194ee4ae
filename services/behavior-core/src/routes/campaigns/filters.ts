import { cleanText } from '@waggle/contracts';
import { z } from 'zod';

/** Wallets are kept in lower case; EIP-55 casing is allowed wherever one is given. */
export const walletFilter = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'Must be 0x and 40 hex digits').toLowerCase();

export const wordFilter = cleanText.pipe(z.string().min(1).max(64));
