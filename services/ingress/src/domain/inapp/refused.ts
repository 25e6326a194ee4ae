import type { InappRefusalCode } from '@waggle/contracts';

/** The message is the client's to read. */
export class Refused extends Error {
  readonly code: InappRefusalCode;

  constructor(code: InappRefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
