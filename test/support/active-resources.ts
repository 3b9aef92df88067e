/** What keeps this process alive, counted by kind. What is unreferenced keeps nothing alive and is not counted. */
export interface ActiveResources {
  /** Both ends of every connection within the process. */
  readonly sockets: number;
  readonly timers: number;
}

export function countActiveResources(): ActiveResources {
  let sockets = 0;
  let timers = 0;
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind === 'TCPSocketWrap' || kind === 'TLSWrap') sockets++;
    if (kind === 'Timeout') timers++;
  }
  return { sockets, timers };
}
