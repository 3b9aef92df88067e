import { expect, it } from 'vitest';
import { isPrivateAddress } from './private-address.ts';

it.each([
  ['http://localhost:11434/v1', true],
  ['http://127.0.0.1:1', true],
  ['http://10.1.2.3', true],
  ['http://192.168.0.9/v1', true],
  ['http://172.20.0.1', true],
  ['http://[::1]:80/v1', true],
  ['http://[fd00::1]/v1', true],
  ['http://gpu.local/v1', true],
  ['http://172.32.0.1', false],
  ['https://api.openai.com/v1', false],
  ['https://10.example.com', false],
  ['not a url', false],
])('%s: %s', (url, expected) => {
  expect(isPrivateAddress(url)).toBe(expected);
});
