export interface ApiAnswer {
  status: number;
  headers: Headers;
  // A test says what it expects of it.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface ApiRequest {
  key?: string | undefined;
  /** A string goes out as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** When a client gives up. */
  signal?: AbortSignal | undefined;
}

/** A partner's view: HTTP and nothing else. */
export async function callApi(method: string, url: string, { key, body, headers = {}, signal }: ApiRequest = {}): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(signal !== undefined && { signal }),
    ...(body !== undefined && { body: typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text || undefined };
}
