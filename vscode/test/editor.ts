/** VS Code, as code-server, for one suite: its profile, its process, and the browser that shows it. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { patience, until } from './until.js';

/** A variable that test.sh sets. */
export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with test.sh`);
  return value;
}

/** Settings that keep what is not tested out of the way. */
const quiet = {
  'chat.disableAIFeatures': true,
  'debug.internalConsoleOptions': 'neverOpen',
  'editor.accessibilitySupport': 'off',
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'telemetry.telemetryLevel': 'off',
  'terminal.integrated.gpuAcceleration': 'off',
  'update.mode': 'none',
  'window.confirmBeforeClose': 'never',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

/** So often is code-server started that has ended before it listened. */
const starts = 10;

export interface EditorOptions {
  readonly trust?: 'on' | 'off'; // workspace trust; off by default
  readonly vsix?: readonly string[]; // installed
  readonly settings?: object;
  readonly automation?: boolean; // for a suite that runs in the extension host
  readonly env?: Readonly<Record<string, string>>; // of the extension host
}

/**
 * An editor with a profile and a place for daemons of its own, below a
 * temporary directory that is removed with it.
 */
export class Editor {
  readonly dir: string;
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #server: ChildProcess;
  readonly #ended: Promise<unknown>;
  #browser: Browser | undefined;

  private constructor(dir: string, url: string, env: NodeJS.ProcessEnv, server: ChildProcess) {
    this.dir = dir;
    this.url = url;
    this.env = env;
    this.#server = server;
    this.#ended = finish(server);
  }

  static async start(options: EditorOptions = {}): Promise<Editor> {
    const dir = mkdtempSync(path.join(tmpdir(), 'hotdev-vscode-'));
    const profile = ['--user-data-dir', path.join(dir, 'data'), '--extensions-dir', path.join(dir, 'extensions'), '--config', path.join(dir, 'config.yaml')];
    for (const name of ['User', 'Machine']) mkdirSync(path.join(dir, 'data', name), { recursive: true });
    writeFileSync(path.join(dir, 'config.yaml'), '');
    writeFileSync(path.join(dir, 'data', 'User', 'settings.json'), JSON.stringify({ ...quiet, ...options.settings }));
    writeFileSync(path.join(dir, 'data', 'Machine', 'settings.json'), JSON.stringify({ 'hotdev.path': variable('HOTDEV_TEST_SERVER') }));
    const env = environment(dir, options.env);
    for (const vsix of options.vsix ?? []) await run([...profile, '--install-extension', vsix], env);
    const port = await freePort();
    const args = [...profile, '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry', '--disable-update-check', '--disable-getting-started-override', '--disable-proxy'];
    if (options.trust !== 'on') args.push('--disable-workspace-trust');
    if (options.automation) args.push('--vscode-option', 'enable-smoke-test-driver');
    const log = createWriteStream(path.join(artifacts(), `code-server-${port}.log`));
    for (let tries = 1; ; tries++) {
      const server = spawn(variable('HOTDEV_TEST_CODE_SERVER'), args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true }); // leads a process group
      server.stdout.pipe(log, { end: false });
      server.stderr.pipe(log, { end: false });
      const editor = new Editor(dir, `http://127.0.0.1:${port}`, env, server);
      if (await editor.#listens()) return editor;
      if (tries === starts) throw new Error(`code-server has ended ${tries} times; its log is in ${artifacts()}`);
    }
  }

  /** Opens a page of the browser; the workbench is not loaded yet. */
  async page(): Promise<Page> {
    this.#browser ??= await chromium.launch({
      executablePath: '/usr/bin/chromium',
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
    });
    const context = await this.#browser.newContext({ viewport: { width: 1180, height: 720 }, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] });
    context.setDefaultTimeout(patience);
    return context.newPage();
  }

  /** Runs a hotdev command for the app in a directory; gives what it writes to its standard output. */
  async hotdev(root: string, ...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(variable('HOTDEV_TEST_SERVER'), [...args, '-C', root], { env: this.env });
    return stdout;
  }

  /** The sockets and locks of daemons that this editor has ever started. */
  daemons(): string[] {
    const dir = path.join(this.dir, 'run', 'hotdev');
    return existsSync(dir) ? readdirSync(dir) : [];
  }

  /** Ends everything, last the daemons of the given directories, which nobody can start again then. */
  async stop(...roots: string[]): Promise<void> {
    await this.#browser?.close();
    this.#server.kill();
    await this.#ended;
    endGroup(this.#server);
    for (const root of roots) await finish(spawn(variable('HOTDEV_TEST_SERVER'), ['stop', '--daemon', '-C', root], { env: this.env, stdio: 'ignore' }));
    await rm(this.dir, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Waits until code-server listens; false if it has ended instead, as it does where its parts find each other too late. */
  #listens(): Promise<boolean> {
    const up = until('code-server to listen', () =>
      fetch(`${this.url}/healthz`).then(
        (response) => response.ok,
        () => false,
      ),
    );
    return Promise.race([up, this.#ended.then(() => false)]);
  }
}

/** Where logs and pictures are kept. */
export function artifacts(): string {
  const dir = variable('HOTDEV_TEST_ARTIFACTS');
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** Makes a workspace of the demo app, as `shop` on a port of its own, and of a small app that reads its input. */
export async function makeWorkspace(editor: Editor): Promise<{ folder: string; shop: string; echo: string }> {
  const folder = path.join(editor.dir, 'work');
  const [shop, echo] = [path.join(folder, 'shop'), path.join(folder, 'echo')];
  cpSync('../extensions/demo', shop, { recursive: true });
  cpSync('test/fixtures/echo', echo, { recursive: true });
  writeFileSync(path.join(shop, 'settings.json'), JSON.stringify({ title: 'Shop', port: String(await freePort()) }));
  return { folder, shop, echo };
}

/** The variables of the editor: its daemons are not met by those of other suites. */
function environment(dir: string, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  for (const name of ['run', 'state', 'cache']) mkdirSync(path.join(dir, name), { mode: 0o700 });
  return {
    ...process.env,
    XDG_RUNTIME_DIR: path.join(dir, 'run'),
    XDG_STATE_HOME: path.join(dir, 'state'),
    XDG_CACHE_HOME: path.join(dir, 'cache'),
    GOCACHE: variable('GOCACHE'),
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    ...more,
  };
}

async function run(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const code = await finish(spawn(variable('HOTDEV_TEST_CODE_SERVER'), args, { env, stdio: ['ignore', 'ignore', 'inherit'] }));
  if (code !== 0) throw new Error(`code-server ${args.join(' ')} has ended with ${code}`);
}

function finish(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Ends what a process has left behind in the group that it led: an extension host lives on for a moment, and would start a daemon again. */
function endGroup(leader: ChildProcess): void {
  try {
    if (leader.pid !== undefined) process.kill(-leader.pid, 'SIGKILL');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err; // it has left nothing
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
