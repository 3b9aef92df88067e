import { type RefObject, useLayoutEffect, useRef } from 'react';
import { serverNow } from '../time/server-clock.ts';
import { classNames } from '../ui/class-names.ts';
import type { QuotaPicture } from './quota-picture.ts';

export type TrackTone = 'accent' | 'resting' | 'exhausted' | 'disabled';

const FILLS: Readonly<Record<TrackTone, string>> = {
  accent: 'bg-accent',
  resting: 'bg-resting-fill',
  exhausted: 'bg-exhausted-fill',
  disabled: 'bg-disabled-fill',
};

const HEIGHTS = { large: 'h-2', medium: 'h-1.5', small: 'h-1' } as const;
/** How long a bar takes from what it showed to what is new. */
const GLIDE_MS = 420;

interface TrackProps {
  readonly picture: QuotaPicture;
  readonly tone: TrackTone;
  readonly size: keyof typeof HEIGHTS;
}

/** The bar itself: track, fill, the hairline at which the pool stops, and the strip beyond it that it never enters. */
export function Track({ picture, tone, size }: TrackProps) {
  const fill = useRef<HTMLSpanElement>(null);
  useRecedingFill(fill, picture);
  return (
    <div aria-hidden className="min-w-0 flex-1">
      <div className={classNames('relative flex w-full items-stretch', HEIGHTS[size])}>
        <span className="relative flex-1 overflow-hidden rounded-l-full bg-track">
          <span
            ref={fill}
            className={classNames(
              'absolute inset-0 rounded-r-[2px] transition-colors duration-300',
              FILLS[tone],
              picture.recedesUntil !== null && 'mask-[linear-gradient(90deg,#000_calc(100%-14px),rgb(0_0_0/0.5))]',
            )}
          />
        </span>
        <span
          className={classNames(
            '-my-[3px] w-px',
            picture.full ? 'bg-resting-fill' : 'bg-faint',
            size === 'small' && '-my-0.5',
          )}
        />
        <span className={classNames('rounded-r-full bg-track opacity-55', size === 'small' ? 'w-1' : 'w-1.5')} />
      </div>
      {size !== 'small' && <Elapsed picture={picture} />}
    </div>
  );
}

/** For windows that start anew: a hair below the bar that reaches the end when they do. */
function Elapsed({ picture }: { readonly picture: QuotaPicture }) {
  return (
    <div className="mt-[3px] mr-[7px] h-px">
      {picture.startsAnewAt !== null && (
        <div
          className="h-full bg-line-strong transition-[width] duration-1000 ease-linear"
          style={{ width: `${picture.elapsedShare * 100}%` }}
        />
      )}
    </div>
  );
}

/**
 * Glides to the new share and, where room comes back all the time, recedes from there to nothing by the time all of
 * it is back. The browser does the moving, so a page of bars costs nothing while nothing is new.
 */
function useRecedingFill(fill: RefObject<HTMLSpanElement | null>, picture: QuotaPicture): void {
  const { usedShare, recedesUntil } = picture;
  useLayoutEffect(() => {
    const element = fill.current;
    if (element === null) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const at = (share: number) => `translateX(${(share - 1) * 100}%)`;
    const shown = element.style.transform === '' ? at(usedShare) : getComputedStyle(element).transform;
    for (const animation of element.getAnimations()) if (!(animation instanceof CSSTransition)) animation.cancel();
    element.style.transform = at(usedShare);
    if (still) return;
    const leftMs = recedesUntil === null ? 0 : recedesUntil - serverNow();
    if (leftMs <= GLIDE_MS) {
      element.animate([{ transform: shown }, { transform: at(usedShare) }], { duration: GLIDE_MS, easing: EASE });
      return;
    }
    const afterGlide = at(usedShare * (1 - GLIDE_MS / leftMs));
    element.animate(
      [{ transform: shown, easing: EASE }, { transform: afterGlide, offset: GLIDE_MS / leftMs }, { transform: at(0) }],
      { duration: leftMs, fill: 'forwards' },
    );
  }, [fill, usedShare, recedesUntil]);
}

const EASE = 'cubic-bezier(0.22, 1, 0.36, 1)';
