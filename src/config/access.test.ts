import { describe, expect, it } from 'vitest';
import { configFromText } from '../../test/support/config-from-text.ts';
import { accessInForce } from './access.ts';
import { isLoopback, isPrivate } from './network-address.ts';

const CLIENT = 'clients: [{ name: a, key: abc }]';

describe('who may call', () => {
  it.each([
    ['nothing said', '', 'open'],
    ['a client exists', CLIENT, 'keys'],
    ['asked for', 'access: keys', 'keys'],
    ['open in so many words, with a client', `access: open\n${CLIENT}`, 'open'],
    ['listening for others', `listen: { host: 0.0.0.0 }\n${CLIENT}`, 'keys'],
  ])('%s', (_, file, access) => {
    expect(accessInForce(configFromText({ file }))).toBe(access);
  });

  it('is keys beyond loopback even while there is no client, only a password', () => {
    const config = configFromText({ flags: { host: '0.0.0.0' }, env: { ROTATO_ADMIN_PASSWORD: 'correct horse' } });
    expect(accessInForce(config)).toBe('keys');
  });
});

describe('listening beyond loopback', () => {
  it.each(['0.0.0.0', '::', '192.168.1.5', '8.8.8.8', 'myhost.local', 'fe80::1'])('on %s asks for a secret', (host) => {
    expect(() => configFromText({ flags: { host } })).toThrow(`found listen address ${host}, which others can reach`);
  });

  it('is allowed with a client key, or with an admin password', () => {
    expect(configFromText({ flags: { host: '0.0.0.0' }, file: CLIENT }).listen.addresses).toEqual(['0.0.0.0']);
    expect(
      configFromText({ flags: { host: '::' }, env: { ADMIN_PASSWORD: 'correct horse' } }).listen.addresses,
    ).toEqual(['::']);
  });

  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', '::ffff:127.0.0.1'])('is not what %s means', (host) => {
    expect(configFromText({ flags: { host } }).providers).toEqual([]);
  });

  it('says which setting to mend', () => {
    expect(() => configFromText({ env: { ROTATO_HOST: '0.0.0.0' } })).toThrow('environment: ROTATO_HOST: found');
    expect(() => configFromText({ file: '\nlisten:\n  host: 0.0.0.0' })).toThrow('rotato.yaml:3: listen.host: found');
  });
});

describe('addresses', () => {
  it('are told apart as they are written', () => {
    expect(['127.0.0.1', 'LOCALHOST', '128.0.0.1', 'localhost.evil.example'].map(isLoopback)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(
      ['10.1.2.3', '172.31.0.1', '172.32.0.1', '192.168.0.1', 'fd00::1', '169.254.169.254', 'a.example'].map(isPrivate),
    ).toEqual([true, true, false, true, true, false, false]);
  });
});
