/** Takes an event stream apart as it arrives, in pieces cut anywhere, and gives the data of each event that is whole. */
export class EventLines {
  #rest = '';
  #data: string[] = [];

  /** The data of the events that this piece completed. */
  push(piece: string): readonly string[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    return lines.map((line) => this.#take(line)).filter((data) => data !== null);
  }

  /** What a stream that ends without its last empty line still held. */
  end(): readonly string[] {
    return [this.#take(this.#rest.replace(/\r$/, '')), this.#take('')].filter((data) => data !== null);
  }

  #take(line: string): string | null {
    if (line !== '') {
      if (line.startsWith('data:')) this.#data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
      return null;
    }
    if (this.#data.length === 0) return null;
    const data = this.#data.join('\n');
    this.#data = [];
    return data;
  }
}
