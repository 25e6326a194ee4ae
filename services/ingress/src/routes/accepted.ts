import type { Answer } from '@waggle/http';

/** Kafka has it: it will be done, and here one can ask for it. */
export const toAccepted = (operationId: string): Answer =>
  ({ status: 202, body: { status: 'accepted', operation_id: operationId }, headers: { location: `/v1/operations/${operationId}` } });
