/** Why an in-app event is refused (contract, section 5). */
export type RefusalCode =
  | 'payload_too_large' | 'invalid_json' | 'validation_failed' | 'campaign_mismatch' | 'event_type_not_mapped'
  | 'invalid_headers' | 'timestamp_out_of_range' | 'invalid_signature'
  | 'inapp_webhooks_disabled' | 'quota_exceeded' | 'unavailable' | 'internal';

/** The message is the client's to read. */
export class Refused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
