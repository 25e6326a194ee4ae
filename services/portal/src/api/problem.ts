/** What the API says when it refuses (RFC 9457), or what happened when it said nothing. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** By it the operator finds the request in the logs. */
  readonly requestId: string | null;
  readonly faults: readonly { path: string; message: string }[];

  constructor({ status, code, title, detail, requestId, faults }: Omit<ApiProblem, keyof Error> & { detail: string }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
    this.requestId = requestId;
    this.faults = faults;
  }
}

/** What is wrong with one field of a form, as the API sees it. */
export function faultOf(error: unknown, path: string): string | null {
  if (!(error instanceof ApiProblem)) return null;
  return error.faults.find((fault) => fault.path === path || fault.path.startsWith(`${path}.`))?.message ?? null;
}

export async function problemFrom(response: Response): Promise<ApiProblem> {
  const said = await response.text().then(parse);
  // The in-app endpoint has a shape of its own: `message` instead of `detail`.
  const detail = wordIn(said, 'detail') ?? wordIn(said, 'message') ?? `The server answered ${response.status}`;
  const faults = Array.isArray(said['errors']) ? said['errors'].flatMap(toFault) : [];
  return new ApiProblem({
    status: response.status, code: wordIn(said, 'code') ?? 'unknown', title: wordIn(said, 'title') ?? detail, detail, faults,
    requestId: response.headers.get('x-request-id'),
  });
}

export const unreachable = () =>
  new ApiProblem({ status: 0, code: 'unreachable', title: 'Waggle cannot be reached', detail: 'The server does not answer. Is the network up?', requestId: null, faults: [] });

function parse(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

const wordIn = (said: Record<string, unknown>, name: string) => (typeof said[name] === 'string' ? said[name] : undefined);

function toFault(fault: unknown): { path: string; message: string }[] {
  const { path, message } = (fault ?? {}) as { path?: unknown; message?: unknown };
  return typeof path === 'string' && typeof message === 'string' ? [{ path, message }] : [];
}
