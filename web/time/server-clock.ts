/**
 * The clock of the machine rotato runs on, which need not be the browser's: a count-down to an instant that rotato
 * named is right only on rotato's clock.
 */
let offsetMs = 0;

/** Now, in wall-clock milliseconds of rotato's machine. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

/** `at` is what rotato's clock showed in a message that has just arrived. Small differences are travel time. */
export function setServerTime(at: number): void {
  const measured = at - Date.now();
  if (Math.abs(measured - offsetMs) > 1_500) offsetMs = measured;
}
