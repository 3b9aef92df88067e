import type { Clock } from '../clock.ts';
import type { NoticeView } from './views.ts';

const MOST_KEPT = 200;

/** What an operator should know of, in memory, the latest alone. */
export class Notices {
  readonly #clock: Clock;
  readonly #tell: (notice: NoticeView) => void;
  /** Oldest first. */
  #notices: NoticeView[] = [];
  #id = 0;

  constructor(clock: Clock, tell: (notice: NoticeView) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add({ level, text, provider }: Pick<NoticeView, 'level' | 'text' | 'provider'>): void {
    const notice = { id: ++this.#id, at: this.#clock.wallNow(), level, text, provider };
    this.#notices.push(notice);
    if (this.#notices.length > 2 * MOST_KEPT) this.#notices = this.#notices.slice(-MOST_KEPT);
    this.#tell(notice);
  }

  /** Newest first. */
  list(): readonly NoticeView[] {
    return this.#notices.slice(-MOST_KEPT).reverse();
  }
}
