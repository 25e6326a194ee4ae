import type { InstructionBody } from '@waggle/contracts';

/** One thing to decide: a single request, an action over HTTP, or an item of a bulk request. */
export interface Instruction<Body extends InstructionBody = InstructionBody> {
  /** The command's id: what is asked. The same id has one effect. */
  id: string;
  /** Of the request's body, where an `Idempotency-Key` made the id; null where what is asked did. */
  digest: string | null;
  /** The request's id: who asked when. Items of one bulk request share it. */
  operationId: string;
  workspaceId: string;
  /** `body.user_id`, whom the request was checked to be allowed to act for. */
  userId: string;
  /** Who asked: a user key's owner, or null for a system key, which may bring new users along. */
  creatorUserId: string | null;
  acceptedAt: string;
  /** An item of a bulk request. */
  isBulk?: boolean;
  body: Body;
}
