/** What the parts of the extension share; it owns their lives. */

import * as vscode from 'vscode';
import type { App } from './app.js';
import { Apps } from './apps.js';
import { Diagnostics } from './diagnostics.js';
import { Documents } from './documents.js';
import { AppLog } from './logs.js';
import { findServer, surroundings } from './server.js';
import { settings } from './settings.js';
import { AppTerminal } from './terminal.js';

export class Ctx implements vscode.Disposable {
  readonly extension: vscode.ExtensionContext;
  readonly log = vscode.window.createOutputChannel('Hotdev', { log: true });
  readonly documents = new Documents();
  readonly diagnostics = new Diagnostics();
  readonly apps: Apps;
  readonly logs: { of(app: App): AppLog; fileOf(name: string, line: number): string | undefined };
  readonly terminals: { of(app: App): AppTerminal };

  constructor(extension: vscode.ExtensionContext) {
    this.extension = extension;
    this.apps = new Apps({ log: this.log, diagnostics: this.diagnostics, findServer: () => findServer(surroundings(settings.path())) });
    const logs = new PerApp(this.apps, (app) => new AppLog(app, this.log));
    this.logs = {
      of: (app) => logs.of(app),
      fileOf: (name, line) => logs.all.map((log) => log.fileOf(name, line)).find((file) => file !== undefined),
    };
    this.terminals = new PerApp(this.apps, (app) => new AppTerminal(app));
    extension.subscriptions.push(this);
  }

  /** Ties the life of something to the extension's. */
  own(...parts: vscode.Disposable[]): void {
    this.extension.subscriptions.push(...parts);
  }

  dispose(): void {
    this.documents.dispose();
    this.diagnostics.dispose();
    this.log.dispose();
  }
}

/** One thing for every app, made with the app and disposed of with it. */
class PerApp<T extends vscode.Disposable> {
  readonly #things = new Map<App, T>();

  constructor(apps: Apps, make: (app: App) => T) {
    apps.onDidAdd((app) => this.#things.set(app, make(app)));
    apps.onDidRemove((app) => {
      this.#things.get(app)?.dispose();
      this.#things.delete(app);
    });
  }

  get all(): T[] {
    return [...this.#things.values()];
  }

  of(app: App): T {
    const thing = this.#things.get(app);
    if (thing === undefined) throw new Error(`${app.name} is no longer part of the workspace`);
    return thing;
  }
}
