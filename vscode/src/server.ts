/** Where the hotdev program is, and which one it is. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What `go install` takes. */
export const serverPackage = 'github.com/hotdev/hotdev/cmd/hotdev@latest';

/** Where to look for a program. */
export interface Surroundings {
  readonly setting: string; // hotdev.path; '' if not set
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/** The surroundings of this process. */
export function surroundings(setting: string): Surroundings {
  return { setting, env: process.env, platform: process.platform, home: os.homedir() };
}

/**
 * The paths where hotdev may be, the best first: the setting alone if there is
 * one, else PATH, GOBIN and the bin directories of GOPATH.
 */
export function candidates(s: Surroundings): string[] {
  const paths = s.platform === 'win32' ? path.win32 : path.posix;
  if (s.setting !== '') {
    return [s.setting.replace(/^~(?=$|[\\/])/, s.home)];
  }
  const split = (list: string | undefined) => (list ?? '').split(paths.delimiter).filter((dir) => paths.isAbsolute(dir));
  const goPaths = split(s.env['GOPATH']);
  const dirs = [
    ...split(s.env['PATH'] ?? s.env['Path']),
    ...split(s.env['GOBIN']),
    ...(goPaths.length > 0 ? goPaths : [paths.join(s.home, 'go')]).map((dir) => paths.join(dir, 'bin')),
  ];
  return [...new Set(dirs)].map((dir) => paths.join(dir, s.platform === 'win32' ? 'hotdev.exe' : 'hotdev'));
}

/** Finds hotdev; undefined if it is nowhere. */
export async function findServer(s: Surroundings): Promise<string | undefined> {
  const found = await firstExecutable(candidates(s));
  if (found !== undefined || s.setting !== '') return found;
  return firstExecutable(candidates({ ...s, env: await goEnv() }));
}

async function firstExecutable(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return file;
  }
  return undefined;
}

/** What `go env -w` has set; nothing if there is no Go. */
async function goEnv(): Promise<Record<string, string>> {
  try {
    const { stdout } = await run('go', ['env', '-json', 'GOBIN', 'GOPATH'], { timeout: 10_000 });
    return JSON.parse(stdout) as Record<string, string>;
  } catch {
    return {};
  }
}

/** The build ID of a hotdev program; undefined if it can't tell. */
export async function buildIDOf(server: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(server, ['version', '--json'], { timeout: 10_000 });
    const version = JSON.parse(stdout) as { buildID?: unknown };
    return typeof version.buildID === 'string' ? version.buildID : undefined;
  } catch {
    return undefined;
  }
}
