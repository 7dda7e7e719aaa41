/**
 * Addresses of names, from the host's resolver. Needs --allow-resolve, or
 * --allow-connect, for the name. Failures reject with a SocketError of
 * wqjs:sockets: ENOTFOUND (no such name), EAI_AGAIN (the resolver failed for
 * now), EACCES (denied), EINVAL (no name at all).
 */
declare module 'wqjs:dns' {
  export interface LookupOptions {
    /** 4 or 6: only addresses of that family. Default 0, both. */
    family?: 0 | 4 | 6;
    /** Give all addresses instead of the first. */
    all?: boolean;
    /** The promise rejects with its reason. */
    signal?: AbortSignal | null;
  }

  /** The first address of a name, in the resolver's order (RFC 6724). An address answers itself. */
  export function lookup(name: string, options?: LookupOptions & { all?: false }): Promise<string>;
  /** All addresses of a name. */
  export function lookup(name: string, options: LookupOptions & { all: true }): Promise<string[]>;
  /** All IPv4 addresses. */
  export function resolve4(name: string, options?: { signal?: AbortSignal | null }): Promise<string[]>;
  /** All IPv6 addresses. */
  export function resolve6(name: string, options?: { signal?: AbortSignal | null }): Promise<string[]>;

  const dns: { lookup: typeof lookup; resolve4: typeof resolve4; resolve6: typeof resolve6 };
  export default dns;
}
