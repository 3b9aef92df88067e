import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { formatPath, type Path, type Problem, quote } from './problem.ts';

/** A configuration file as plain values, before any setting has been looked at. */
export interface ParsedText {
  /** What the file says, environment put in; an empty object where the text could not be read. */
  readonly tree: Tree;
  /** What was written where a value came from the environment, by formatted path: safe to show. */
  readonly templates: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  /** Formatted paths among `problems`: what stands there is not worth a second complaint. */
  readonly unresolved: ReadonlySet<string>;
  /** `rotato.yaml:7`, or the file's name alone where the line is unknown. */
  locate(path: Path): string;
}

export interface Tree {
  readonly [name: string]: unknown;
}

export type ReadVariable = (name: string) => string | undefined;

/**
 * Reads YAML, of which JSON is a part. `fileName` is what problems call the file. Syntax errors are told in our own
 * words, because the parser's quote the text, and the text may hold keys.
 */
export function parseFile(text: string, fileName: string, readVariable: ReadVariable): ParsedText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false });
  const where = (offset: number | undefined) =>
    offset === undefined ? fileName : `${fileName}:${lines.linePos(offset).line}`;
  const syntax = [...document.errors, ...document.warnings].map((error) =>
    syntaxProblem(error, where(error.pos[0]), text),
  );
  if (syntax.length === 0) syntax.push(...aliasProblems(document, where));
  if (syntax.length > 0) return unreadable(fileName, syntax);

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MOST_ALIASES }) ?? {};
  } catch {
    // With every alias resolved, the only thing left to throw is the count of what they multiply to.
    const allowed = `allowed: aliases (*name) that stand for at most ${MOST_ALIASES} parts`;
    return unreadable(fileName, [{ where: fileName, setting: '', found: 'too many aliases', allowed }]);
  }
  const locate = (path: Path) => where(offsetOf(document, path));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const allowed = 'allowed: settings by name, such as "providers:"';
    return unreadable(fileName, [
      { where: where(0), setting: '', found: 'found something else than settings', allowed },
    ]);
  }
  const reader = new ValueReader(locate, readVariable);
  const tree = reader.readObject(value, []);
  const { templates, problems } = reader;
  return { tree, templates, problems, unresolved: new Set(problems.map(({ setting }) => setting)), locate };
}

const MOST_ALIASES = 100;
const DEEPEST = 16;

function unreadable(fileName: string, problems: readonly Problem[]): ParsedText {
  return { tree: {}, templates: new Map(), problems, unresolved: new Set(), locate: () => fileName };
}

/** Turns parsed YAML into plain values: variables put in, blanks dropped, nothing inherited from a prototype. */
class ValueReader {
  readonly problems: Problem[] = [];
  readonly templates = new Map<string, string>();
  readonly #locate: (path: Path) => string;
  readonly #readVariable: ReadVariable;

  constructor(locate: (path: Path) => string, readVariable: ReadVariable) {
    this.#locate = locate;
    this.#readVariable = readVariable;
  }

  readObject(source: object, path: Path): Tree {
    const parent = path.at(-1);
    const entriesAreNamed = path.length > 0 && (parent === 'providers' || parent === 'groups');
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(source)) {
      const inner = [...path, name];
      if (name === '__proto__') {
        this.#report(inner, 'unknown setting', 'this name is never allowed');
      } else if (value !== null) {
        result[name] = this.#read(value, inner);
      } else if (entriesAreNamed) {
        // `ollama:` with nothing after it is a provider with nothing to add.
        result[name] = {};
      }
    }
    return result;
  }

  #read(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return this.#substitute(value, path);
    if (typeof value !== 'object' || value === null) return value;
    if (path.length > DEEPEST) {
      this.#report(path, 'nested too deep', `allowed: at most ${DEEPEST} levels`);
      return undefined;
    }
    return Array.isArray(value)
      ? value.map((item, at) => this.#read(item, [...path, at]))
      : this.readObject(value, path);
  }

  #substitute(template: string, path: Path): string {
    if (!template.includes('${')) return template;
    this.templates.set(formatPath(path), template);
    return template.replace(REFERENCE, (whole, name: string | undefined) => {
      if (whole === '$${') return '${';
      const value = name === undefined ? undefined : this.#readVariable(name);
      if (value !== undefined) return value;
      if (name === undefined)
        this.#report(path, `found ${quote(template)}`, `allowed: \${NAME}, or $\${ for a plain \${`);
      else this.#report(path, `environment variable ${name} is not set`, 'set it, in the environment or in .env');
      return whole;
    });
  }

  #report(path: Path, found: string, allowed: string): void {
    this.problems.push({ where: this.#locate(path), setting: formatPath(path), found, allowed });
  }
}

/** `$${`, `${NAME}`, or a `${` that is neither. */
const REFERENCE = /\$\$\{|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g;

/** Where the setting at `path` is written, or the nearest thing around it that is. */
function offsetOf(document: Document, path: Path): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      offset = startOf(pair?.key) ?? offset;
      node = pair?.value;
    } else {
      node = isSeq(node) && typeof part === 'number' ? node.items[part] : undefined;
      offset = startOf(node) ?? offset;
    }
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0];
}

function syntaxProblem(error: YAMLError, where: string, text: string): Problem {
  const allowed = SYNTAX_HINTS[error.code] ?? 'mend the syntax here';
  if (error.code !== 'DUPLICATE_KEY') return { where, setting: '', found: 'syntax error', allowed };
  const name = /^["']?([\w.-]{1,64})/.exec(text.slice(error.pos[0], error.pos[0] + 70))?.[1];
  return { where, setting: name ?? '', found: 'found twice', allowed };
}

function aliasProblems(document: Document, where: (offset: number | undefined) => string): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const allowed = SYNTAX_HINTS.BAD_ALIAS ?? '';
      problems.push({ where: where(alias.range?.[0]), setting: '', found: 'syntax error', allowed });
    },
  });
  return problems;
}

const SYNTAX_HINTS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias (*name) takes no tag or anchor',
  BAD_ALIAS: 'this alias (*name) has no anchor (&name) before it; put a text that begins with * in quotes',
  BAD_COLLECTION_TYPE: 'remove the tag (!…)',
  BAD_DQ_ESCAPE: 'in double quotes a backslash begins an escape; use single quotes',
  BAD_INDENT: 'lines of one group must be indented alike',
  BAD_SCALAR_START: 'put this text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ":" on one line; put the text in quotes or begin a new line',
  BLOCK_IN_FLOW: 'inside { } and [ ] separate entries by commas',
  DUPLICATE_KEY: 'allowed: each setting once',
  MISSING_CHAR: 'something is missing here, such as a closing quote, bracket, comma, or the space after ":"',
  MULTILINE_IMPLICIT_KEY: 'a setting needs ":" after its name, on the same line',
  MULTIPLE_DOCS: 'only one document is allowed in the file; remove "---"',
  TAB_AS_INDENT: 'indent with spaces, not tabs',
  TAG_RESOLVE_FAILED: 'remove the tag (!…), or put the text in quotes',
  UNEXPECTED_TOKEN: 'this does not belong here; put texts with special characters in quotes',
};
