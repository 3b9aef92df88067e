import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { call, whenSignedOut } from '../api/client.ts';
import { startLive } from '../api/live.ts';
import { sayProblem } from '../api/problem.ts';
import { useSession } from '../api/queries.ts';
import { queryClient } from '../api/query-client.ts';
import { queryKeys } from '../api/query-keys.ts';
import { ErrorState } from '../ui/empty-state.tsx';
import { showToast } from '../ui/toasts.ts';
import { forget, recall, remember } from './remembered.ts';
import { SignIn } from './sign-in.tsx';

const REMEMBER_EVERY_MS = 15_000;

/** Shows its children to those who are signed in, and to others the way to become so, under the same address. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const [recalled] = useState(() => recall(queryClient));
  const [ended, setEnded] = useState(false);
  const session = useSession();
  useEffect(() => {
    whenSignedOut(() => {
      setEnded(true);
      leave();
    });
  }, []);

  if (session.data === null) return <SignIn ended={ended} onSignedIn={() => setEnded(false)} />;
  if (session.data !== undefined) return <SignedIn>{children}</SignedIn>;
  if (session.isError) {
    return (
      <main className="flex min-h-dvh items-center justify-center">
        <ErrorState title="No answer" error={session.error} onRetry={() => void session.refetch()} />
      </main>
    );
  }
  return recalled ? children : null;
}

function SignedIn({ children }: { readonly children: ReactNode }) {
  const cache = useQueryClient();
  useEffect(() => startLive(cache), [cache]);
  useEffect(() => {
    const keep = () => remember(cache);
    const timer = setInterval(keep, REMEMBER_EVERY_MS);
    addEventListener('pagehide', keep);
    return () => {
      clearInterval(timer);
      removeEventListener('pagehide', keep);
    };
  }, [cache]);
  return children;
}

/** Nothing that was read stays in memory or storage. */
function leave(): void {
  forget();
  queryClient.clear();
  queryClient.setQueryData(queryKeys.session, null);
}

export async function signOut(): Promise<void> {
  try {
    await call('DELETE /session', {});
    leave();
  } catch (error) {
    showToast({ tone: 'problem', title: 'You are still signed in', detail: sayProblem(error) });
  }
}
