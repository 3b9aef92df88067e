import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api/client.ts';
import { ApiProblem, sayProblem } from '../api/problem.ts';
import { queryClient } from '../api/query-client.ts';
import { queryKeys } from '../api/query-keys.ts';
import { Wordmark } from '../shell/wordmark.tsx';
import { Button } from '../ui/button.tsx';
import { Countdown } from '../ui/countdown.tsx';
import { Field, TextInput } from '../ui/field.tsx';

interface SignInProps {
  /** There was a session until a moment ago. */
  readonly ended: boolean;
}

export function SignIn({ ended }: SignInProps) {
  const [password, setPassword] = useState('');
  const [blockedUntil, setBlockedUntil] = useState<number | null>(null);
  const signIn = useMutation({
    mutationFn: () => call('POST /session', { body: { password } }),
    onSuccess: (session) => queryClient.setQueryData(queryKeys.session, session),
    onError: (error) => {
      const waitMs = error instanceof ApiProblem ? error.retryAfterMs : null;
      if (waitMs === null) return;
      setBlockedUntil(Date.now() + waitMs);
      setTimeout(() => setBlockedUntil(null), waitMs);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (blockedUntil === null && password !== '') signIn.mutate();
  };
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-6 py-12">
      <title>Sign in · rotato</title>
      <div className="flex w-full max-w-[320px] flex-col gap-8 pb-[10dvh]">
        <Wordmark size="large" />
        <div className="flex flex-col gap-1">
          <h1 className="text-xl font-semibold tracking-tight">Sign in</h1>
          <p className="text-sm text-muted">
            {ended ? 'Your session has ended. Sign in to go on where you were.' : 'To manage your providers and keys.'}
          </p>
        </div>
        <form onSubmit={submit} className="flex flex-col gap-4">
          {/* Password managers file a password under a user name. */}
          <input type="text" name="username" autoComplete="username" value="admin" readOnly hidden />
          <Field label="Admin password" error={signIn.isError ? sayProblem(signIn.error) : undefined}>
            {(control) => (
              <TextInput
                {...control}
                type="password"
                name="password"
                autoComplete="current-password"
                autoFocus
                className="h-10"
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            )}
          </Field>
          <Button
            type="submit"
            kind="primary"
            size="large"
            busy={signIn.isPending}
            disabled={password === '' || blockedUntil !== null}
          >
            {blockedUntil === null ? (
              'Sign in'
            ) : (
              <span>
                Try again in <Countdown until={blockedUntil} />
              </span>
            )}
          </Button>
        </form>
        <p className="text-xs text-faint">
          It was printed when rotato first started. If it is lost, <code className="font-mono">rotato password</code> on
          its machine sets a new one.
        </p>
      </div>
    </main>
  );
}
