import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ObjectHome, ObjectHomes } from './object-homes.ts';

const home = (id: string, group = 'org-a', provider = 'openai'): ObjectHome => ({ provider, id, group });

describe('the home of an object', () => {
  it('is the group that showed it last', () => {
    const homes = new ObjectHomes();
    homes.remember(home('file-1', 'org-a'));
    homes.remember(home('file-1', 'org-b'));
    expect(homes.find('openai', ['file-1'])).toBe('org-b');
  });

  it('is that of the first id which is known', () => {
    const homes = new ObjectHomes();
    homes.remember(home('file-1', 'org-a'));
    homes.remember(home('file-2', 'org-b'));
    expect(homes.find('openai', ['unknown', 'file-2', 'file-1'])).toBe('org-b');
    expect(homes.find('openai', ['unknown'])).toBeNull();
    expect(homes.find('openai', [])).toBeNull();
  });

  it('is known for its own provider only', () => {
    const homes = new ObjectHomes();
    homes.remember(home('file-1', 'org-a', 'openai'));
    expect(homes.find('azure', ['file-1'])).toBeNull();
  });

  it('survives in the list, oldest first, whatever the ids', () => {
    const provider = fc.constantFrom('openai', 'azure', 'gemini');
    const id = fc.oneof(fc.constantFrom('file-1', '__proto__', 'a\nb', ''), fc.string());
    const homesOf = fc.array(fc.record({ provider, id, group: fc.constantFrom('org-a', 'org-b') }));
    fc.assert(
      fc.property(homesOf, (seen) => {
        const homes = new ObjectHomes();
        for (const each of seen) homes.remember(each);
        const last = seen.filter(
          (each, at) => !seen.slice(at + 1).some((later) => later.provider === each.provider && later.id === each.id),
        );
        expect(homes.list()).toEqual(last);
        expect(homes.empty).toBe(seen.length === 0);
        const restored = new ObjectHomes();
        for (const each of homes.list()) restored.remember(each);
        for (const each of last) expect(restored.find(each.provider, [each.id])).toBe(each.group);
      }),
    );
  });

  it('is forgotten, oldest first, beyond 100,000; seeing an object again makes it young', () => {
    const homes = new ObjectHomes();
    for (let nth = 0; nth < 100_000; nth++) homes.remember(home(`file-${nth}`));
    homes.remember(home('file-0'));
    homes.remember(home('one more'));
    expect(homes.find('openai', ['file-1'])).toBeNull();
    expect(homes.find('openai', ['file-0'])).toBe('org-a');
    expect(homes.find('openai', ['file-2'])).toBe('org-a');
    expect(homes.list()).toHaveLength(100_000);
  });
});

describe('an answer that is still being read', () => {
  it('is waited for by those who ask at its provider, whether it ends well or not', async () => {
    const homes = new ObjectHomes();
    const good = Promise.withResolvers<void>();
    const bad = Promise.withResolvers<void>();
    homes.expect('openai', good.promise);
    homes.expect('openai', bad.promise);
    expect(homes.readings('azure')).toBeNull();
    const readings = homes.readings('openai');
    bad.reject(new Error('damaged'));
    good.resolve();
    await readings;
    expect(homes.readings('openai')).toBeNull();
  });
});
