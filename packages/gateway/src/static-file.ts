/** What the gateway has itself, ready to be sent. */
export interface StaticFile {
  body: Buffer;
  /** Without its charset, as nginx compares it when it compresses. */
  type: string;
  headers: Readonly<Record<string, string>>;
}

/** A path that leads to another one. */
export interface Redirect {
  location: string;
}

/** By the path of the request's target, undecoded. */
export type FindStatic = (path: string) => StaticFile | Redirect | undefined;

export const STATIC_METHODS = ['GET', 'HEAD'];
