import { afterEach, describe, expect, it } from 'vitest';
import { dismissToast, shownToasts, showToast, UNDO_MS, undoLast } from './toasts.ts';

describe('toasts', () => {
  afterEach(() => {
    for (const { id } of shownToasts()) dismissToast(id);
  });

  it('stay longer where there is something to undo or to read', () => {
    showToast({ title: 'Saved' });
    showToast({ title: 'Deleted team-a', undo: { label: 'Undo', act: () => {} } });
    showToast({ title: 'It failed', tone: 'problem' });
    const [saved, deleted, failed] = shownToasts().map(({ durationMs }) => durationMs);
    expect(deleted).toBe(UNDO_MS);
    expect(failed).toBe(UNDO_MS);
    expect(saved).toBeLessThan(UNDO_MS);
  });

  it('never cover more than a corner: the oldest goes first', () => {
    for (const title of ['a', 'b', 'c', 'd']) showToast({ title });
    expect(shownToasts().map(({ title }) => title)).toEqual(['b', 'c', 'd']);
  });

  it('are undone once, the newest first, past those with nothing to undo', () => {
    const undone: string[] = [];
    for (const title of ['first', 'second']) {
      showToast({ title, undo: { label: 'Undo', act: () => undone.push(title) } });
    }
    showToast({ title: 'Copied' });
    undoLast();
    undoLast();
    undoLast();
    expect(undone).toEqual(['second', 'first']);
    expect(shownToasts().map(({ title }) => title)).toEqual(['Copied']);
  });
});
