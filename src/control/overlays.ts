import type { SettingsChange, StoredOverlay } from '../model/settings-store.ts';
import type { Overlay } from './stored-state.ts';

/** Keeps an overlay; one that says nothing is taken away. */
export function withOverlay(kind: StoredOverlay['kind'], id: string, overlay: Overlay): SettingsChange {
  const value = saidBy(overlay);
  return Object.keys(value).length === 0
    ? { remove: { overlays: [{ kind, id }] } }
    : { put: { overlays: [{ kind, id, value }] } };
}

function saidBy(overlay: Overlay): Record<string, boolean> {
  return Object.fromEntries(Object.entries(overlay).filter(([, said]) => said !== undefined));
}
