import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
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
  const isSignedOut = session.data === null;
  const wasSignedIn = useRef(false);
  if (session.data) wasSignedIn.current = true;
  useEffect(() => whenSignedOut(noteSignedOut), []);
  // However it ended: here, in another tab, or by its age.
  useEffect(() => {
    if (!isSignedOut) return;
    setEnded(wasSignedIn.current);
    wasSignedIn.current = false;
    forgetEverything();
  }, [isSignedOut]);

  if (isSignedOut) return <SignIn ended={ended && !leftOnPurpose} />;
  if (session.data !== undefined || (recalled && !session.isError)) {
    return <SignedIn known={session.data !== undefined}>{children}</SignedIn>;
  }
  if (session.isError) {
    return (
      <main className="flex min-h-dvh items-center justify-center">
        <ErrorState title="No answer" error={session.error} onRetry={() => void session.refetch()} />
      </main>
    );
  }
  return null;
}

interface SignedInProps {
  /** False while what was remembered is shown, and the server has not said yet that there is a session. */
  readonly known: boolean;
  readonly children: ReactNode;
}

function SignedIn({ known, children }: SignedInProps) {
  const cache = useQueryClient();
  useEffect(() => {
    if (!known) return;
    leftOnPurpose = false;
    return startLive(cache);
  }, [cache, known]);
  useEffect(() => {
    if (!known) return;
    const keep = () => remember(cache);
    const timer = setInterval(keep, REMEMBER_EVERY_MS);
    addEventListener('pagehide', keep);
    return () => {
      clearInterval(timer);
      removeEventListener('pagehide', keep);
    };
  }, [cache, known]);
  return children;
}

/** Who has just pressed "Sign out" need not be told that the session is over. */
let leftOnPurpose = false;

function noteSignedOut(): void {
  queryClient.setQueryData(queryKeys.session, null);
}

/** Nothing that was read stays in memory or storage. */
function forgetEverything(): void {
  forget();
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== queryKeys.session[0] });
}

export async function signOut(): Promise<void> {
  try {
    await call('DELETE /session', {});
    leftOnPurpose = true;
    noteSignedOut();
  } catch (error) {
    showToast({ tone: 'problem', title: 'You are still signed in', detail: sayProblem(error) });
  }
}
