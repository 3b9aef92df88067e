import { inspect } from 'node:util';

/**
 * A credential that cannot be printed by accident: it reads `[secret]` in templates, JSON, logs and the inspector.
 * `reveal` is called in one place only, where the header of an upstream request is written.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
