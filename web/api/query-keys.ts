/** Names of what is cached. What begins alike is refreshed together: `['keys']` covers the keys of every provider. */
export const queryKeys = {
  session: ['session'] as const,
  presets: ['presets'] as const,
  providers: ['providers'] as const,
  provider: (name: string) => ['providers', name] as const,
  models: (provider: string) => ['models', provider] as const,
  keys: (provider: string) => ['keys', provider] as const,
  clients: ['clients'] as const,
  settings: ['settings'] as const,
  tokens: ['tokens'] as const,
  pool: ['pool'] as const,
  traffic: (window: string) => ['traffic', window] as const,
  notices: ['notices'] as const,
  exchanges: ['exchanges'] as const,
  exchange: (id: string) => ['exchanges', id] as const,
  playground: ['playground'] as const,
};

/** The stretch of time that the live stream carries. */
export const LIVE_WINDOW = '15m';
