/**
 * The content security policy lets only those style elements in that carry the nonce of the page. Libraries that add
 * one (radix, when a dialog locks scrolling) look for it under the name that webpack gave it.
 */
function readNonce(): string | undefined {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce || undefined;
}

export function handNonceOn(): void {
  Object.assign(globalThis, { __webpack_nonce__: readNonce() });
}
