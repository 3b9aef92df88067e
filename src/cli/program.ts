import { Command, CommanderError } from 'commander';
import { type ErrorCode, RotatoError } from '../errors.ts';
import { escapeControls } from '../escape-controls.ts';
import { redactShapes } from '../redactor.ts';
import { demo, type RunDemo } from './demo.ts';
import { password } from './password.ts';
import { rekey } from './rekey.ts';
import type { StartRotato } from './running-rotato.ts';
import { type SimulateCommand, simulate } from './simulate.ts';
import { start } from './start.ts';
import { CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

export interface ProgramParts {
  readonly version: string;
  readonly terminal: Terminal;
  readonly startRotato: StartRotato;
  readonly runDemo: RunDemo;
  readonly simulate: SimulateCommand;
}

/** From the words behind the program's name to the exit code. Never throws. */
export async function runProgram(words: readonly string[], parts: ProgramParts): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = buildProgram(parts, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(withDefaultCommand(words), { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, parts.terminal);
  }
}

/** `rotato --port 1` is `rotato start --port 1`; asking the program itself for help or its version stays as it is. */
function withDefaultCommand(words: readonly string[]): string[] {
  const [first] = words;
  const meansStart = first === undefined || (first.startsWith('-') && !OWN_OPTIONS.includes(first));
  return meansStart ? ['start', ...words] : [...words];
}

const OWN_OPTIONS = ['-h', '--help', '-v', '--version'];

function buildProgram(parts: ProgramParts, finish: (code: ExitCode) => void): Command {
  const { version, terminal } = parts;
  const program = new Command('rotato')
    .description('A drop-in proxy for LLM APIs that spends the combined quota of your keys exactly.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(escapeControlsOfLines(redactShapes(text))),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText('after', PROGRAM_EXAMPLES);
  addStart(program, parts, finish);
  addDemo(program, parts, finish);
  addSimulate(program, parts, finish);
  addPassword(program, parts, finish);
  addRekey(program, parts, finish);
  return program;
}

const PROGRAM_EXAMPLES = `
Without a command, rotato starts. Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration.

Examples:
  rotato                              listen on 127.0.0.1:8990, configured by rotato.yaml or .env in this folder
  rotato start --config /etc/rotato.yaml --port 9000
  rotato demo                         see what it does, without any key
`;

type Finish = (code: ExitCode) => void;

function addStart(program: Command, { version, terminal, startRotato }: ProgramParts, finish: Finish): void {
  program
    .command('start')
    .description('start the proxy (what rotato does without a command)')
    .option('--host <host>', 'address to listen on (default: 127.0.0.1 and ::1)')
    .option('--port <port>', 'port to listen on; 0 takes any free one (default: 8990)')
    .option('--data <folder>', 'data directory (default: .rotato in this folder)')
    .option('--config <file>', 'configuration file, YAML or JSON (default: rotato.yaml in this folder)')
    .addHelpText('after', START_EXAMPLES)
    .action(async (flags) => finish(await start({ flags, terminal, version, startRotato })));
}

const START_EXAMPLES = `
A flag wins over the environment, that over the file. The environment may stand in .env in this folder:
ROTATO_HOST, ROTATO_PORT (or PORT), ROTATO_DATA, ROTATO_CONFIG, ROTATO_ADMIN_PASSWORD (or ADMIN_PASSWORD),
ROTATO_MASTER_KEY, ROTATO_MASTER_KEY_FILE, ROTATO_LOG_LEVEL. Edits of the file are put in force as they are saved; so does SIGHUP.
SIGTERM and SIGINT let running requests finish; a second one stops at once.

Examples:
  rotato start --port 0               print the port it got
  rotato start --host 0.0.0.0         let others call; needs a client key or an admin password
`;

function addDemo(program: Command, { terminal, startRotato, runDemo }: ProgramParts, finish: Finish): void {
  program
    .command('demo')
    .description('send 100 requests at once through 1, 5 and 10 simulated keys, and print what came of it')
    .option('--json', 'print the figures as JSON')
    .addHelpText('after', '\nNeeds no key, no configuration and no network; takes less than 30 seconds.\n')
    .action(async ({ json }) => finish(await demo({ json: json === true, terminal, startRotato, runDemo })));
}

function addSimulate(program: Command, { terminal, simulate: command }: ProgramParts, finish: Finish): void {
  const { defaults } = command;
  program
    .command('simulate')
    .description('run a simulated provider alone, to try things out against')
    .option('--port <port>', `port to listen on; 0 takes any free one (default: ${defaults.port})`)
    .option('--admin-port <port>', 'port for its counters and faults; 0 takes any free one')
    .option('--keys <count>', `how many keys it accepts (default: ${defaults.keys})`)
    .option('--group-size <count>', `how many keys share one quota (default: ${defaults.groupSize})`)
    .option('--rpm <count>', `requests a minute each group may make (default: ${defaults.rpm})`)
    .option('--tpm <count>', 'tokens a minute each group may use (default: not limited)')
    .option('--headers <style>', `what its answers say about limits (default: ${defaults.headers})`)
    .option('--window <algorithm>', `how its limits give room back (default: ${defaults.window})`)
    .option('--latency <ms>', `how long an answer takes (default: ${defaults.latency})`)
    .option('--json', 'print its addresses, keys and a configuration for it as JSON')
    .addHelpText('after', SIMULATE_EXAMPLES)
    .action(async ({ json, ...flags }) =>
      finish(await simulate({ flags, json: json === true, terminal, simulate: command })),
    );
}

const SIMULATE_EXAMPLES = `
Prints a configuration to paste into rotato.yaml.

Examples:
  rotato simulate --keys 5 --rpm 10
  rotato simulate --headers none      refuses without a word, as some providers do
`;

function addPassword(program: Command, { terminal }: ProgramParts, finish: Finish): void {
  program
    .command('password')
    .description('set a new admin password, and end every session')
    .option('--data <folder>', DATA_FOLDER)
    .option('--generate', 'have one generated and printed, without asking')
    .addHelpText('after', PASSWORD_EXAMPLES)
    .action(async ({ data, generate }) =>
      finish(await password({ flags: { data }, generate: generate === true, terminal })),
    );
}

const DATA_FOLDER = 'data directory (default: ROTATO_DATA, or .rotato in this folder)';

const PASSWORD_EXAMPLES = `
Asks for it, or reads the first line of a pipe; an empty one has it generated. rotato must not be running: a running
one changes it in its panel. ROTATO_ADMIN_PASSWORD wins over it, so the command refuses where that is set.

Examples:
  rotato password --generate
  pass show rotato | rotato password --data /var/lib/rotato
`;

function addRekey(program: Command, { terminal }: ProgramParts, finish: Finish): void {
  program
    .command('rekey')
    .description('seal the stored keys under a new master key')
    .option('--data <folder>', DATA_FOLDER)
    .option('--new-key-file <file>', 'file that holds the new key; without it, one is generated')
    .addHelpText('after', REKEY_EXAMPLES)
    .action(async (flags) => finish(await rekey({ flags, terminal })));
}

const REKEY_EXAMPLES = `
Reads the key in force from ROTATO_MASTER_KEY, ROTATO_MASTER_KEY_FILE, or master.key in the data directory, and seals
everything anew in one step: broken off, it leaves all of it under the old key or all under the new. rotato must not be
running. A generated key replaces master.key; where you keep the key yourself, it is printed for you to put in place.

Examples:
  rotato rekey
  umask 077; openssl rand -base64 32 > new.key; rotato rekey --new-key-file new.key
`;

/** Says what went wrong, unless commander has, and what that means for the caller of the program. */
function explain(error: unknown, { stderr }: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isExpected =
    error instanceof CommandFailure || (error instanceof RotatoError && OPERATORS_MATTERS.includes(error.code));
  const text = isExpected ? error.message : `Internal error; please report it.\n${wholeStory(error)}`;
  stderr.write(escapeControlsOfLines(`rotato: ${redactShapes(text)}\n`));
  return error instanceof RotatoError && error.code === 'bad-configuration' ? 2 : 1;
}

/** What is wrong lies outside the program, and the message says where. */
const OPERATORS_MATTERS: readonly ErrorCode[] = ['bad-configuration', 'store-unavailable'];

function wholeStory(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by: ${wholeStory(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function escapeControlsOfLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}
