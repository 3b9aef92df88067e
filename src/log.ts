import { pino } from 'pino';
import type { Clock } from './clock.ts';
import { escapeControls } from './escape-controls.ts';
import type { Redactor } from './redactor.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a message is about. An error goes under `err`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Messages are sentences for the operator; neither they nor the fields may be built from a credential on purpose. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly output: { write(line: string): unknown };
  /** `line` is for people, `json` for programs. */
  readonly format: 'line' | 'json';
  readonly clock: Clock;
  /** Every line passes through it, whoever wrote the line. */
  readonly redactor: Redactor;
}

/** Writes one line a message, in which no credential and no control character is left. */
export function createLog({ level, output, format, clock, redactor }: LogOptions): Log {
  const sink = {
    write(json: string) {
      const line = format === 'line' ? formatLine(json) : json.trimEnd();
      output.write(`${escapeControls(redactor.redact(line))}\n`);
    },
  };
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date(clock.wallNow()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger = pino(options, sink);
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  };
}

/** For tests, and for whoever has nobody to tell. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** `12:03:04 warn  The message  key=value key="a longer value"` */
function formatLine(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const clockTime = String(time).slice(11, 19);
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${formatValue(value)}`);
  return `${clockTime} ${String(level).padEnd(5)} ${String(msg)}${rest.join('')}${formatError(err)}`;
}

function formatValue(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}

/** The stack names the error and its causes; without one, the message has to do. */
function formatError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { stack, message } = err as { stack?: unknown; message?: unknown };
  return ` (${String(stack ?? message).replace(/\s*\n\s*/g, ' | ')})`;
}
