/** Which saves become a new version: the setting reloadOnSave. */

import * as vscode from 'vscode';
import type { App } from './app.js';
import type { Ctx } from './ctx.js';
import { affects, settings } from './settings.js';

export class Saves implements vscode.Disposable {
  readonly #ctx: Ctx;
  readonly #holding = new WeakSet<App>();
  readonly #telling = new WeakMap<App, Promise<void>>(); // keeps what the daemon is told in its order
  readonly #byHand = new WeakSet<vscode.TextDocument>(); // on its way to the disk, saved by a person
  readonly #subscriptions: vscode.Disposable[];

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
    this.#subscriptions = [
      ctx.apps.onDidChange(({ app, change }) => {
        if (app === undefined || change !== 'daemon') return;
        this.#holding.delete(app);
        this.#set(app);
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!affects(change, 'reloadOnSave')) return;
        for (const app of ctx.apps.list) if (app.link.kind === 'up') this.#set(app);
      }),
      vscode.workspace.onWillSaveTextDocument(({ document, reason }) => {
        if (reason === vscode.TextDocumentSaveReason.Manual) this.#byHand.add(document);
        else this.#byHand.delete(document);
      }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (this.#byHand.delete(document)) this.#saved(document.uri);
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Has the daemon of an app do as the setting says; what it has withheld comes with the change to all. */
  #set(app: App): void {
    const hold = settings.reloadOnSave(app.uri) !== 'all';
    if (hold === this.#holding.has(app)) return;
    if (hold) this.#holding.add(app);
    else this.#holding.delete(app);
    this.#tell(app, async () => {
      await app.hold(hold);
      if (!hold) await app.apply();
    });
  }

  #saved(file: vscode.Uri): void {
    const app = this.#ctx.apps.of(file);
    if (app?.link.kind !== 'up' || settings.reloadOnSave(app.uri) !== 'manual') return;
    this.#tell(app, () => app.apply(file.fsPath));
  }

  #tell(app: App, act: () => Promise<void>): void {
    const told = (this.#telling.get(app) ?? Promise.resolve())
      .then(act)
      .catch((err: unknown) => this.#ctx.log.error(`${app.name}: ${err instanceof Error ? err.message : String(err)}`));
    this.#telling.set(app, told);
  }
}
