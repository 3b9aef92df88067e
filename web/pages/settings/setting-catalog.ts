import type { SettingView } from '../../../src/admin/contract.ts';

/** `fixed` is shown and not edited: what it holds has more shape than a line of text. */
export type SettingKind = 'duration' | 'size' | 'integer' | 'flag' | 'access' | 'list' | 'text' | 'fixed';

export interface SettingFacts {
  readonly title: string;
  /** What it does, in one sentence. */
  readonly says: string;
  readonly kind: SettingKind;
  /** What a list or text looks like. */
  readonly example?: string;
}

export interface SettingSection {
  readonly id: string;
  readonly title: string;
  readonly says: string;
  readonly settings: readonly SettingView[];
}

const FACTS: Readonly<Record<string, SettingFacts>> = {
  access: {
    title: 'Who may call',
    says: 'Whether callers have to present a client key.',
    kind: 'access',
  },
  'listen.host': { title: 'Listen on', says: 'The address rotato is reached at.', kind: 'text', example: '127.0.0.1' },
  'listen.port': { title: 'Port', says: 'The port rotato is reached at.', kind: 'integer' },
  'listen.hosts': {
    title: 'Further host names',
    says: 'Names, besides localhost, that this server answers to. Others get 421.',
    kind: 'list',
    example: 'rotato.example',
  },
  cors: {
    title: 'Web pages that may call',
    says: 'Exact origins whose pages may call from a browser.',
    kind: 'list',
    example: 'https://app.example',
  },
  replyHeaders: {
    title: 'Reply headers',
    says: 'Tell callers which key served them and how long they waited. Off leaves the request id alone.',
    kind: 'flag',
  },
  'limits.maxWaitCeiling': {
    title: 'Longest wait',
    says: 'The longest wait a caller may ask for. A provider may set its own.',
    kind: 'duration',
  },
  'limits.retries': {
    title: 'Retries after a fault',
    says: 'Attempts repeated when the provider could not be reached. Nothing that was sent is sent twice.',
    kind: 'integer',
  },
  'limits.maxWalk': {
    title: 'Groups tried',
    says: 'Quota groups tried by one request after refusals.',
    kind: 'integer',
  },
  'limits.maxBody': { title: 'Largest request', says: 'A larger request body is refused with 413.', kind: 'size' },
  'limits.replayBudget': {
    title: 'Kept for a second attempt',
    says: 'Request bodies kept so that another key can be tried, all together.',
    kind: 'size',
  },
  'limits.clientStall': {
    title: 'Stalled callers',
    says: 'A caller that takes nothing for this long is cut off; 0 never does it.',
    kind: 'duration',
  },
  'log.keepDays': {
    title: 'Keep requests for',
    says: 'Days for which requests are remembered one by one; sums stay longer.',
    kind: 'integer',
  },
  'log.maxSize': { title: 'Request log, at most', says: 'The oldest requests go first.', kind: 'size' },
  'log.lines': { title: 'Log file', says: 'Write each request to logs.jsonl as well.', kind: 'flag' },
  'log.linesMaxSize': { title: 'Log file, at most', says: 'The file and the one before it, together.', kind: 'size' },
  prices: {
    title: 'Prices of your own',
    says: 'For models whose price is not known or is another for you; written in the configuration file.',
    kind: 'fixed',
  },
  logLevel: { title: 'Log level', says: 'How much is written to the log.', kind: 'text' },
  'limits.drain': {
    title: 'Time to finish at a stop',
    says: 'How long requests in flight may take when rotato is told to stop.',
    kind: 'duration',
  },
};

export function factsOf(name: string, value: unknown): SettingFacts {
  return FACTS[name] ?? { title: name, says: '', kind: kindOf(value) };
}

function kindOf(value: unknown): SettingKind {
  if (typeof value === 'boolean') return 'flag';
  if (typeof value === 'number') return 'integer';
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? 'fixed' : 'text';
  return value.every((entry) => typeof entry === 'string') ? 'list' : 'fixed';
}

/** What the page shows in places of their own. */
const SHOWN_ELSEWHERE = new Set([
  'access',
  'adminPassword',
  'masterKey',
  'clients',
  'providers',
  'dataDir',
  'configFile',
]);

const SECTIONS: readonly (Omit<SettingSection, 'settings'> & { readonly has: (name: string) => boolean })[] = [
  {
    id: 'waiting',
    title: 'Waiting and trying again',
    says: 'How patient rotato is with providers, unless a provider says otherwise.',
    has: (name) => ['limits.maxWaitCeiling', 'limits.retries', 'limits.maxWalk'].includes(name),
  },
  {
    id: 'limits',
    title: 'Limits',
    says: 'What rotato takes in and keeps. Nothing in it grows without end.',
    has: (name) => name.startsWith('limits.'),
  },
  {
    id: 'network',
    title: 'Network',
    says: 'Where rotato listens and who may reach it.',
    has: (name) => name.startsWith('listen.') || name === 'cors' || name === 'replyHeaders',
  },
  {
    id: 'log',
    title: 'Requests and log',
    says: 'How long it is remembered what went through.',
    has: (name) => name.startsWith('log.') || name === 'logLevel' || name === 'prices',
  },
  { id: 'other', title: 'Other', says: 'Set where rotato is started.', has: () => true },
];

/** Each setting in the first section that has it; a provider's own are shown with the provider. */
export function sectionsOf(settings: readonly SettingView[]): readonly SettingSection[] {
  const left = new Set(settings.filter(({ name }) => !isShownElsewhere(name)));
  return SECTIONS.flatMap(({ has, ...section }) => {
    const own = [...left].filter(({ name }) => has(name)).sort((one, other) => placeOf(one) - placeOf(other));
    for (const setting of own) left.delete(setting);
    return own.length === 0 ? [] : [{ ...section, settings: own }];
  });
}

/** As in the catalogue; what is not in it comes last. */
function placeOf({ name }: SettingView): number {
  const at = Object.keys(FACTS).indexOf(name);
  return at === -1 ? Object.keys(FACTS).length : at;
}

function isShownElsewhere(name: string): boolean {
  return SHOWN_ELSEWHERE.has(name.split('.')[0] ?? name);
}

/** Where a setting comes from, and for what cannot be edited here, where it can be. */
export function saySource({ source, editable, name }: SettingView): string {
  switch (source.kind) {
    case 'flag':
      return `Decided by ${source.detail} on the command line; start rotato without it to edit it here.`;
    case 'environment':
      return `Decided by ${source.detail} in the environment; take it away there to edit it here.`;
    case 'dotenv':
      return `Decided by ${source.detail} in .env; take it away there to edit it here.`;
    case 'file':
      return `Decided by the configuration file (${source.detail}); edit it there, and it applies at once.`;
    case 'store':
      return editable ? 'Set here.' : 'Set here; it applies after a restart.';
    case 'default':
      return editable ? 'Default.' : `Default. ${whyFixed(name)}`;
  }
}

function whyFixed(name: string): string {
  return name.startsWith('listen.')
    ? 'It needs a restart, so it is set by a flag, the environment or the file.'
    : 'It is set by the environment or the file.';
}

export const SOURCE_NAMES: Readonly<Record<SettingView['source']['kind'], string>> = {
  flag: 'flag',
  environment: 'environment',
  dotenv: '.env',
  file: 'file',
  store: 'set here',
  default: 'default',
};

/** A value as it is typed: lists by lines. */
export function settingText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map((entry) => settingText(entry)).join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What was typed, as the API takes it; null is the default. */
export function settingValue(kind: SettingKind, text: string): unknown {
  const written = text.trim();
  if (kind === 'list') return written.split(/[\s,]+/).filter(Boolean);
  if (written === '') return null;
  if (kind === 'integer') return /^\d+$/.test(written) ? Number(written) : written;
  return written;
}

/** What is wrong with what was typed; null when it can be sent. */
export function settingProblem(kind: SettingKind, text: string): string | null {
  const written = text.trim();
  if (written === '') return null;
  switch (kind) {
    case 'duration':
      return /^(?:0|\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h))$/.test(written)
        ? null
        : 'A duration such as 250ms, 30s, 5m or 1h.';
    case 'size':
      return /^\d{1,12}(?:\.\d{1,6})?(?:B|KB|MB|GB)$/.test(written) ? null : 'A size such as 64KB, 100MB or 1GB.';
    case 'integer':
      return /^\d{1,12}$/.test(written) ? null : 'A whole number.';
    default:
      return null;
  }
}

/** A change of one setting as a merge patch: `limits.drain` lies in `limits`. */
export function settingPatch(name: string, value: unknown): Readonly<Record<string, unknown>> {
  const [head = name, ...rest] = name.split('.');
  return { [head]: rest.length === 0 ? value : settingPatch(rest.join('.'), value) };
}
