import { DndContext, type DragEndEvent, DragOverlay, PointerSensor, useSensor, useSensors } from '@dnd-kit/core';
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { KeyView } from '../../../../src/admin/contract.ts';
import { cardHeight, KeyCard } from './key-card.tsx';
import { KeyRow } from './key-row.tsx';
import { rowHeight } from './key-windows.tsx';
import type { RowActs } from './row-acts.ts';

/** Where a dragged key would land. */
export interface DropTarget {
  readonly over: string;
  readonly half: 'upper' | 'lower';
}

interface KeyListProps {
  readonly keys: readonly KeyView[];
  readonly acts: RowActs;
  readonly selected: ReadonlySet<string>;
  /** The row that has, or gets, the focus. */
  readonly current: string | null;
  readonly fixed: string | null;
  readonly head: ReactNode;
  readonly onDrop: (id: string, target: DropTarget) => void;
}

const OVERSCAN = 6;
const CARD_GAP = 12;

/** Columns. Only what is on screen is in the page; the rest is known by its height. */
export function KeyGrid({ keys, acts, selected, current, fixed, head, onDrop }: KeyListProps) {
  const [dragged, setDragged] = useState<string | null>(null);
  const [target, setTarget] = useState<DropTarget | null>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const list = useVirtualKeys({ keys, body, heightOf: rowHeight, gap: 0, kept: [dragged, current] });
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 4 } }));
  const pointerY = usePointerY();
  useFocusedRow(current, keys, list.scrollToIndex);
  const end = ({ active }: DragEndEvent) => {
    setDragged(null);
    setTarget(null);
    if (target !== null) onDrop(String(active.id), target);
  };
  const first = current ?? keys[0]?.id;
  const shadow = keys.find(({ id }) => id === dragged);
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={NO_COLLISIONS}
      accessibility={{ announcements: SILENT, screenReaderInstructions: INSTRUCTIONS }}
      onDragStart={({ active }) => setDragged(String(active.id))}
      onDragMove={() => setTarget((before) => sameOr(before, dropTarget(list.items, body.current, pointerY.current)))}
      onDragCancel={() => {
        setDragged(null);
        setTarget(null);
      }}
      onDragEnd={end}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows take the focus and are selected. */}
      <table role="grid" aria-label="Keys" aria-rowcount={keys.length + 1} className="block w-full">
        {head}
        <tbody ref={body} className="relative block" style={{ height: list.height }}>
          {list.items.map(({ key, index, start, size }) => (
            <KeyRow
              key={key.id}
              keyView={key}
              acts={acts}
              rowIndex={index + 2}
              selected={selected.has(key.id)}
              current={key.id === first}
              fixed={fixed}
              dropHalf={target?.over === key.id && dragged !== key.id ? target.half : null}
              dragged={dragged === key.id}
              start={start}
              height={size}
            />
          ))}
        </tbody>
      </table>
      <DragOverlay dropAnimation={null}>{shadow === undefined ? null : <DragShadow keyView={shadow} />}</DragOverlay>
    </DndContext>
  );
}

/** Cards, where there is no room for columns. */
export function KeyCards({ keys, acts, selected, fixed }: Omit<KeyListProps, 'head' | 'onDrop' | 'current'>) {
  const body = useRef<HTMLUListElement>(null);
  const list = useVirtualKeys({ keys, body, heightOf: cardHeight, gap: CARD_GAP, kept: [] });
  return (
    <ul ref={body} aria-label="Keys" className="relative" style={{ height: list.height }}>
      {list.items.map(({ key, index, start }) => (
        <li
          key={key.id}
          ref={list.measure}
          data-index={index}
          aria-setsize={keys.length}
          aria-posinset={index + 1}
          className="absolute inset-x-0 top-0"
          style={{ transform: `translateY(${start}px)` }}
        >
          <KeyCard keyView={key} acts={acts} selected={selected.has(key.id)} fixed={fixed} />
        </li>
      ))}
    </ul>
  );
}

interface VirtualKeysOptions {
  readonly keys: readonly KeyView[];
  readonly body: RefObject<HTMLElement | null>;
  readonly heightOf: (key: KeyView) => number;
  readonly gap: number;
  /** Rows that stay in the page wherever it is scrolled to. */
  readonly kept: readonly (string | null)[];
}

interface VirtualKey {
  readonly key: KeyView;
  readonly index: number;
  /** From the top of the list, in pixels. */
  readonly start: number;
  readonly size: number;
}

function useVirtualKeys({ keys, body, heightOf, gap, kept }: VirtualKeysOptions) {
  const margin = useOffsetTop(body);
  const keptAt = kept.flatMap((id) => {
    const at = id === null ? -1 : keys.findIndex((key) => key.id === id);
    return at === -1 ? [] : [at];
  });
  const keptText = keptAt.join();
  const rangeExtractor = useCallback(
    (range: Range) => {
      const always = keptText === '' ? [] : keptText.split(',').map(Number);
      return [...new Set([...always, ...defaultRangeExtractor(range)])].sort((a, b) => a - b);
    },
    [keptText],
  );
  const virtualizer = useWindowVirtualizer({
    count: keys.length,
    estimateSize: (index) => {
      const key = keys[index];
      return key === undefined ? 0 : heightOf(key);
    },
    getItemKey: (index) => keys[index]?.id ?? index,
    overscan: OVERSCAN,
    // Rows are drawn with the next frame rather than within the scrolling itself.
    useFlushSync: false,
    gap,
    scrollMargin: margin,
    rangeExtractor,
  });
  // Heights follow from what the keys are, so they are worked out anew when one gains a window.
  const heights = keys.map(heightOf).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the heights are what is measured.
  useLayoutEffect(() => virtualizer.measure(), [heights, virtualizer]);
  return {
    height: virtualizer.getTotalSize(),
    measure: virtualizer.measureElement,
    scrollToIndex: virtualizer.scrollToIndex,
    items: virtualizer.getVirtualItems().flatMap(({ index, start, size }): VirtualKey[] => {
      const key = keys[index];
      return key === undefined ? [] : [{ key, index, start: start - margin, size }];
    }),
  };
}

/** How far below the top of the page the list begins; what stands above it comes and goes. */
function useOffsetTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (element.current !== null) setTop(Math.round(element.current.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}

function useFocusedRow(current: string | null, keys: readonly KeyView[], scrollTo: (index: number) => void): void {
  const latest = useRef({ keys, scrollTo });
  latest.current = { keys, scrollTo };
  useEffect(() => {
    if (current === null) return;
    const index = latest.current.keys.findIndex(({ id }) => id === current);
    if (index !== -1) latest.current.scrollTo(index);
    document.querySelector<HTMLElement>(`tr[data-key-id="${CSS.escape(current)}"]`)?.focus({ preventScroll: true });
  }, [current]);
}

/** Rows come and go while one scrolls, and dnd-kit would draw all of them anew for each that does; so none is registered. */
const NO_COLLISIONS = () => [];

function sameOr(before: DropTarget | null, after: DropTarget | null): DropTarget | null {
  return before?.over === after?.over && before?.half === after?.half ? before : after;
}

/** Moves are announced by the table, in words of its own, once they are made. */
const SILENT = {
  onDragStart: () => undefined,
  onDragOver: () => undefined,
  onDragEnd: () => undefined,
  onDragCancel: () => undefined,
};
const INSTRUCTIONS = { draggable: 'On a row, Alt with the up or down arrow moves its key.' };

/** Where the pointer is while something is dragged: what dnd-kit tells of it moves along when the page is scrolled. */
function usePointerY(): RefObject<number> {
  const y = useRef(0);
  useEffect(() => {
    const note = (event: PointerEvent) => {
      y.current = event.clientY;
    };
    addEventListener('pointermove', note, { passive: true });
    return () => removeEventListener('pointermove', note);
  }, []);
  return y;
}

/** The row at a height of the window, and which half of it. */
function dropTarget(items: readonly VirtualKey[], body: HTMLElement | null, clientY: number): DropTarget | null {
  const y = clientY - (body?.getBoundingClientRect().top ?? 0);
  const under = items.find(({ start, size }) => y >= start && y < start + size);
  if (under === undefined) return null;
  return { over: under.key.id, half: y < under.start + under.size / 2 ? 'upper' : 'lower' };
}

function DragShadow({ keyView }: { readonly keyView: KeyView }) {
  return (
    <div className="inline-flex items-center gap-2 rounded-lg bg-raised px-3 py-2 text-sm font-medium shadow-float">
      {keyView.label}
      <code className="font-mono text-xs font-normal text-faint">{keyView.masked}</code>
    </div>
  );
}
