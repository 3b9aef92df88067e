const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 1;

/** Waits for something that is about to happen; `expected` completes "waited in vain for". */
export async function waitUntil(
  happened: () => boolean,
  expected: () => string,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!happened()) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${patienceMs} ms in vain for ${expected()}.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The promise's result, or an error once patience is over. */
export async function within<T>(promise: Promise<T>, expected: string, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${patienceMs} ms in vain for ${expected}.`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
