/** Prints each test in a line, and last `SUITE: N passed, N failed`, which the callers look for. */

import { appendFileSync } from 'node:fs';
import type { MochaOptions, Runner, Test } from 'mocha';

/** Where the report goes: a file, or standard output. */
export interface Report {
  readonly suite: string;
  readonly file?: string;
}

class LineReporter {
  constructor(runner: Runner, options: MochaOptions) {
    const { suite, file } = options.reporterOptions as Report;
    const print = (line: string) => (file === undefined ? console.log(line) : appendFileSync(file, `${line}\n`));
    let passed = 0;
    let failed = 0;
    runner.on('pass', (test: Test) => {
      passed++;
      print(`ok   ${test.fullTitle()} (${test.duration ?? 0} ms)`);
    });
    runner.on('pending', (test: Test) => print(`skip ${test.fullTitle()}`));
    runner.on('fail', (test: Test, err: Error) => {
      failed++;
      print(`FAIL ${test.fullTitle()}\n${(err.stack ?? String(err)).replace(/^/gm, '     ')}`);
    });
    runner.on('end', () => print(`${suite}: ${passed} passed, ${failed} failed`));
  }
}

/** The options of a mocha that reports so. HOTDEV_TEST_GREP chooses tests by a regular expression. */
export function reporting(report: Report): MochaOptions {
  return { grep: process.env['HOTDEV_TEST_GREP'] ?? '', ui: 'tdd', reporter: LineReporter as unknown as NonNullable<MochaOptions['reporter']>, reporterOptions: report };
}
