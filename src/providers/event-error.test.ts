import { describe, expect, it } from 'vitest';
import { errorFactsInEvent } from './event-error.ts';

describe('errorFactsInEvent', () => {
  it('sees an error by the name of its event, even when the data is no JSON', () => {
    expect(errorFactsInEvent('error', 'it broke')?.message).toBe('it broke');
    expect(errorFactsInEvent('message', 'it broke')).toBeNull();
  });

  it('sees an error that is only a text', () => {
    expect(errorFactsInEvent(null, '{"error":"server busy"}')?.message).toBe('server busy');
  });

  it('sees an event that calls itself an error and says no more', () => {
    expect(errorFactsInEvent(null, '{"event_type":"error"}')).not.toBeNull();
    expect(errorFactsInEvent(null, '{"type":"error"}')).not.toBeNull();
  });

  it('sees an error that is cut', () => {
    expect(errorFactsInEvent(null, '{"error":{"code":429,"message":"Rate lim')).toMatchObject({
      status: 429,
      message: 'Rate lim',
    });
  });

  it.each([
    '{"error":null}',
    '{"error":""}',
    '{"error":false}',
    '{"text":"an \\"error\\""}',
    '{"data":[{"error":{}}]}',
    '[]',
    '',
  ])('sees no error in %s', (data) => {
    expect(errorFactsInEvent(null, data)).toBeNull();
  });
});
