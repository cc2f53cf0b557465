/** The notifications: only what needs a person. */

import * as vscode from 'vscode';
import type { App } from './app.js';
import type { Ctx } from './ctx.js';
import { outcome } from './phrases.js';
import { buildIDOf, serverPackage } from './server.js';
import { settings } from './settings.js';

export class Notices implements vscode.Disposable {
  readonly #ctx: Ctx;
  readonly #subscription: vscode.Disposable;
  readonly #told = new Set<string>(); // what is said once a window
  readonly #states = new WeakMap<App, string>();
  readonly #reloads = new WeakMap<App, string>(); // time of the newest that was looked at

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
    this.#subscription = ctx.apps.onDidChange(({ app, change }) => {
      if (app === undefined) return;
      if (change === 'link') this.#onLink(app);
      if (change === 'status') this.#onStatus(app);
      if (change === 'reloads') this.#onReload(app);
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #onLink(app: App): void {
    switch (app.link.kind) {
      case 'missing':
        this.#once('missing', () => this.#offerInstall());
        break;
      case 'skew':
        this.#once(app.link.reason, () => this.#say('error', (app.link as { reason: string }).reason, { 'Install the Newest': 'hotdev.installServer' }));
        break;
      case 'up':
        void this.#compareBuilds(app, app.link.server, app.link.hello.buildID);
        if (settings.startOnOpen(app.uri)) this.#once(`start ${app.root}`, () => this.#startIfIdle(app));
    }
  }

  #onStatus(app: App): void {
    const state = app.status?.state ?? '';
    const before = this.#states.get(app);
    this.#states.set(app, state);
    if (state !== 'crashed' || before === undefined || before === 'crashed') return;
    void this.#say('error', `${app.name} has crashed: ${app.status?.message ?? ''}`, { 'Show Output': 'hotdev.showOutput', Start: 'hotdev.start' }, app);
  }

  #onReload(app: App): void {
    const [newest] = app.reloads;
    const before = this.#reloads.get(app);
    if (newest === undefined) return;
    this.#reloads.set(app, newest.time);
    if (newest.outcome !== 'startFailed' || before === undefined || newest.time <= before) return;
    void this.#say('error', `${app.name}: ${newest.message ?? outcome(newest)}`, { 'Show Output': 'hotdev.showOutput' }, app);
  }

  /** An app that nobody has stopped is started with the workspace. */
  async #startIfIdle(app: App): Promise<void> {
    if (app.status?.state === 'idle') await vscode.commands.executeCommand('hotdev.start', app.root);
  }

  async #offerInstall(): Promise<void> {
    const set = settings.path();
    const missing = set === '' ? 'The hotdev program was found neither on PATH nor in GOBIN.' : `There is no program ${set} (setting hotdev.path).`;
    const install = `Run “go install ${serverPackage.split('/').at(-1) ?? ''}”`;
    const picked = await vscode.window.showInformationMessage(`${missing} Hotdev needs it to build and run your app.`, install, 'Set Path');
    if (picked === install) await vscode.commands.executeCommand('hotdev.installServer');
    if (picked === 'Set Path') await vscode.commands.executeCommand('workbench.action.openSettings', 'hotdev.path');
  }

  /** A daemon outlives the program that it was started from; after an update it is the older one. */
  async #compareBuilds(app: App, server: string, daemon: string): Promise<void> {
    const installed = await buildIDOf(server);
    if (installed === undefined || installed === daemon) return;
    this.#once(`${app.root} ${daemon}`, () =>
      this.#say('info', `${app.name} is served by another build of hotdev than ${server}.`, { 'Restart the Daemon': 'hotdev.restartServer' }, app),
    );
  }

  #once(what: string, tell: () => Promise<void>): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    tell().catch((err: unknown) => this.#ctx.log.error(String(err)));
  }

  async #say(kind: 'error' | 'info', message: string, actions: Readonly<Record<string, string>>, app?: App): Promise<void> {
    const show = kind === 'error' ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
    const picked = await show(message, ...Object.keys(actions));
    const command = picked === undefined ? undefined : actions[picked];
    if (command !== undefined) await vscode.commands.executeCommand(command, app?.root);
  }
}
