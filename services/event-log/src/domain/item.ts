import { toUtc, type RecordedEvent } from '@waggle/contracts';

interface Stored {
  body: string;
  recordedAt: Date;
}

export function toItem({ body, recordedAt }: Stored): RecordedEvent {
  return { ...JSON.parse(body), recorded_at: toUtc(recordedAt) };
}

/** The same as JSON text, without parsing what is only handed on. A body is a JSON object with fields. */
export function toItemText({ body, recordedAt }: Stored): string {
  return `${body.slice(0, -1)},"recorded_at":"${toUtc(recordedAt)}"}`;
}
