/** Fewer characters of a key than this, in a row and after its vendor's prefix, tell nobody anything. */
const TELLING_LENGTH = 9;

const VENDOR_PREFIX = /^(?:sk-ant-api03-|sk-proj-|sk-|AIza|gsk_)/;

/** Keys that stand nowhere else, so that finding a part of one anywhere means that it leaked. */
export const CANARY_KEYS = [
  'sk-proj-q7Wz2LhXv9TbRk4YdN8mUc5JpEs3GfAo6',
  'sk-proj-Hn3eKx8VtBy5QwCz7RjMd2LaUg9PfSi4',
  'sk-ant-api03-Zt6bFw4XkYq9NcVr2HmJs8DuGe5LpTo7',
  'AIzaMv5RdQx7KhWb3ZcYt9JnFu2SgLpEe8TaHo4',
  'gsk_Jb8ZwTn4VxLq6RfCk2YhMd9GsPu5EeAt7',
] as const;

/** The parts of keys that stand in a text, each with a little of what stands before it. */
export function findLeaks(text: string, keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const telling = key.replace(VENDOR_PREFIX, '');
    for (let at = 0; at + TELLING_LENGTH <= telling.length; at++) {
      const found = text.indexOf(telling.slice(at, at + TELLING_LENGTH));
      if (found !== -1) return [text.slice(Math.max(0, found - 80), found + TELLING_LENGTH)];
    }
    return [];
  });
}
