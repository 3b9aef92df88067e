import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The rotato that `vite` in development hands calls on to. */
const ROTATO = process.env.ROTATO_DEV_TARGET ?? 'http://127.0.0.1:8990';

export default defineConfig({
  root: here('.'),
  base: '/admin/',
  plugins: [react(), tailwindcss()],
  // The server writes the nonce of each reply in place of this; see `readNonce` in web/nonce.ts.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: here('../dist/panel'),
    emptyOutDir: true,
    target: 'es2023',
    // A data: URL would be refused by the content security policy wherever it is not an image.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    host: '127.0.0.1',
    // Everything but the panel itself is rotato's: the API, and the providers that the playground calls.
    proxy: { '^/(?!admin/(?!api/)).*': { target: ROTATO, changeOrigin: true } },
  },
});
