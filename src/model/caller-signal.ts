/** What tells that a caller has left, once. Every `AbortSignal` is one. */
export interface CallerSignal {
  readonly aborted: boolean;
  addEventListener(event: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(event: 'abort', listener: () => void): void;
}
