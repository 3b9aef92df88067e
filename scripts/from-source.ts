import { fileURLToPath } from 'node:url';

/**
 * rotato from source, for npm scripts. npm passes a signal to the shell that stands between it and us; a shell that
 * does not pass it on dies alone and leaves us running with nobody to stop us. So the loss of our parent counts as
 * SIGTERM, unless a signal has reached us by itself: rotato takes a second one for impatience.
 */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'];
const LOOK_EVERY_MS = 250;

const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, LOOK_EVERY_MS);
watch.unref();

// A command that does not listen for signals ends by them at once, which a listener of ours would prevent.
const listenAsWell = (event: string | symbol) => {
  if (!STOP_SIGNALS.includes(String(event))) return;
  process.off('newListener', listenAsWell);
  for (const signal of STOP_SIGNALS) process.on(signal, () => clearInterval(watch));
};
process.on('newListener', listenAsWell);

const [word = 'start'] = process.argv.slice(2);
if (word === 'start' || (word.startsWith('-') && !/^(?:-h|--help|-V|--version)$/.test(word))) {
  const { rebuildPanel } = await import('./rebuild-panel.ts');
  await rebuildPanel(fileURLToPath(new URL('..', import.meta.url)), (line) => console.error(line));
}
await import('../src/main.ts');
