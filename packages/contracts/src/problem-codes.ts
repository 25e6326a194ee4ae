/** Every `code` of a problem (contract, section 1), its status and title. Each has a page in docs/problems. */
export const PROBLEMS = {
  unauthorized: [401, 'The API key is missing or unknown'],
  forbidden: [403, 'This key may not do that'],
  not_found: [404, 'There is no such thing'],
  validation_failed: [400, 'The request is not valid'],
  malformed_json: [400, 'The body is not JSON'],
  invalid_transition: [409, 'Not possible in the present state'],
  activity_archived: [409, 'The activity is archived'],
  template_not_found: [404, 'There is no such template'],
  unknown_event: [422, 'The event type is unknown'],
  quota_exceeded: [429, 'Too many requests'],
  payload_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body must be JSON'],
  idempotency_key_reused: [422, 'The Idempotency-Key was used with another body'],
  idempotency_in_progress: [409, 'The same request is still in progress'],
  version_mismatch: [412, 'Somebody else changed it meanwhile'],
  plan_limit_reached: [403, 'The limit of the plan is reached'],
  already_exists: [409, 'It exists already'],
  already_revoked: [409, 'It is revoked already'],
  method_not_allowed: [405, 'The method is not allowed here'],
  url_not_allowed: [400, 'The URL is not allowed'],
  cursor_invalid: [400, 'The cursor is not valid here'],
  cursor_expired: [410, 'The cursor leads to what is no more'],
  unavailable: [503, 'Temporarily unavailable'],
  internal: [500, 'Internal error'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;
