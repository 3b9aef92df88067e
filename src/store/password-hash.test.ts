import { describe, expect, it } from 'vitest';
import { generatePassword, hashPassword, verifyPassword } from './password-hash.ts';

describe('a password hash', () => {
  it('knows its password, and no other', async () => {
    const stored = await hashPassword('correct horse');
    expect(await verifyPassword('correct horse', stored)).toBe(true);
    for (const wrong of ['correct horsf', 'correct horse ', 'Correct horse', '']) {
      expect(await verifyPassword(wrong, stored)).toBe(false);
    }
  });

  it('is another each time, says what it cost, and not what it was made of', async () => {
    const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(first).not.toBe(second);
    expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[\w+/]{22}\$[\w+/]{43}$/);
  });

  it('takes any text for a password, and two ways to write one letter for the same', async () => {
    const stored = await hashPassword('Schl\u00fcssel ✓ \0 \ud800');
    expect(await verifyPassword('Schlu\u0308ssel ✓ \0 \ud800', stored)).toBe(true);
  });

  it('of another cost is still known', async () => {
    // Of RFC 7914, section 12, cut to 32 bytes: scrypt("password", "NaCl", N = 1024, r = 8, p = 16).
    const salt = Buffer.from('NaCl').toString('base64').replace(/=+$/, '');
    const hash = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex');
    const stored = `$scrypt$ln=10,r=8,p=16$${salt}$${hash.toString('base64').replace(/=+$/, '')}`;
    expect(await verifyPassword('password', stored)).toBe(true);
    expect(await verifyPassword('passwort', stored)).toBe(false);
  });

  it.each([
    '',
    'correct horse',
    '$scrypt$ln=15,r=8,p=3$abc$def',
    `$scrypt$ln=31,r=8,p=3$${'A'.repeat(22)}$${'A'.repeat(43)}`,
    `$scrypt$ln=15,r=99,p=3$${'A'.repeat(22)}$${'A'.repeat(43)}`,
  ])('that is damaged (%j) is told with the remedy', async (stored) => {
    await expect(verifyPassword('correct horse', stored)).rejects.toMatchObject({
      code: 'bad-configuration',
      message: 'The stored admin password is damaged. Set a new one with "rotato password".',
    });
  });
});

describe('a generated password', () => {
  it('can be read aloud, and is never the same', () => {
    const passwords = Array.from({ length: 500 }, generatePassword);
    expect(new Set(passwords).size).toBe(500);
    for (const password of passwords) expect(password).toMatch(/^([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$/);
    expect(new Set(passwords.join(''))).toHaveLength(32);
  });
});
