/**
 * Headers exactly as they stood on the wire: a flat list of names and values, order, case and repetition kept, as
 * `IncomingMessage.rawHeaders` gives them. Names are compared without regard to case.
 */
export class HeaderList {
  /** `[name, value, name, value, …]` */
  readonly raw: readonly string[];

  constructor(raw: readonly string[]) {
    this.raw = raw;
  }

  /** The first value under `name`, which must be lower case; null when there is none. */
  get(name: string): string | null {
    const { raw } = this;
    for (let at = 0; at < raw.length; at += 2) {
      if (isNamed(raw[at] as string, name)) return raw[at + 1] as string;
    }
    return null;
  }

  /** Every value under `name`, which must be lower case, in order. */
  all(name: string): string[] {
    const { raw } = this;
    const values: string[] = [];
    for (let at = 0; at < raw.length; at += 2) {
      if (isNamed(raw[at] as string, name)) values.push(raw[at + 1] as string);
    }
    return values;
  }

  /** Calls `visit` with each name in lower case, its value, and the name as it was spelled. */
  forEach(visit: (name: string, value: string, spelled: string) => void): void {
    const { raw } = this;
    for (let at = 0; at < raw.length; at += 2) {
      const spelled = raw[at] as string;
      visit(spelled.toLowerCase(), raw[at + 1] as string, spelled);
    }
  }
}

/** The lengths are compared first: nearly every name is told apart by its length, and it costs nothing to look at. */
function isNamed(spelled: string, name: string): boolean {
  return spelled.length === name.length && (spelled === name || spelled.toLowerCase() === name);
}
