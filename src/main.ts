import packageJson from '../package.json' with { type: 'json' };
import { startRotato } from './app.ts';
import { runProgram } from './cli/program.ts';
import { runDemo } from './simulator/demo.ts';
import { describeSimulator, simulateDefaults, startFromFlags } from './simulator/simulate.ts';

// A reader that goes away (`rotato demo | head`) is no reason to take the requests of others down.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await runProgram(process.argv.slice(2), {
  version: packageJson.version,
  terminal: {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    process,
  },
  startRotato,
  runDemo,
  simulate: {
    defaults: simulateDefaults,
    async start(flags) {
      const simulator = await startFromFlags(flags);
      return { describe: (json) => describeSimulator(simulator, json), close: () => simulator.close() };
    },
  },
});
