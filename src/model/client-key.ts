/** A credential we gave a caller. Only its digest is kept. */
export interface ClientKey {
  readonly name: string;
  /** SHA-256 of the secret, hex. */
  readonly digest: string;
  /** Providers it may call; null means all. */
  readonly providers: readonly string[] | null;
  /** Quota groups whose keys may serve it; null means all. */
  readonly groups: readonly string[] | null;
}
