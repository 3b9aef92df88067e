import { QueryClient } from '@tanstack/react-query';
import { ApiProblem, UNREACHABLE } from './problem.ts';

const MOST_TRIES = 2;

/** A refusal stays one however often it is asked; only what did not arrive is worth another try. */
function isWorthRetrying(tries: number, error: Error): boolean {
  return tries < MOST_TRIES && error instanceof ApiProblem && (error.code === UNREACHABLE || error.status >= 500);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 10_000, retry: isWorthRetrying, refetchOnWindowFocus: true, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
});
