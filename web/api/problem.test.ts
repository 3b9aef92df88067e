import { describe, expect, it } from 'vitest';
import { ApiProblem, fieldErrors, readProblem, sayProblem } from './problem.ts';

describe('a problem', () => {
  it('is read with its fields', async () => {
    const body = {
      type: 'about:blank',
      title: 'Unprocessable',
      status: 422,
      code: 'invalid-input',
      detail: 'Two fields are wrong.',
      fields: [
        { path: 'name', message: 'Use one word.' },
        { path: 'name', message: 'It is too long.' },
        { path: 'groups.a.limits.0.rpm', message: 'More than 0.' },
      ],
    };
    const problem = await readProblem(Response.json(body, { status: 422 }));
    expect(problem).toMatchObject({ status: 422, code: 'invalid-input', message: 'Two fields are wrong.' });
    expect(fieldErrors(problem)).toEqual({ name: 'Use one word.', 'groups.a.limits.0.rpm': 'More than 0.' });
  });

  it('is told by its status where the body is none of ours', async () => {
    const problem = await readProblem(new Response('<html>', { status: 502 }));
    expect(problem.status).toBe(502);
    expect(sayProblem(problem)).toContain('502');
    expect(fieldErrors(problem)).toEqual({});
  });

  it('says something for whatever was thrown', () => {
    expect(sayProblem('lost')).toBe('lost');
    expect(fieldErrors(new Error('x'))).toEqual({});
    expect(new ApiProblem({ status: 429, code: 'x', detail: 'y', retryAfterMs: 5 }).retryAfterMs).toBe(5);
  });
});
