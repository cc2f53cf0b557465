/** The apps of the workspace, and the one that people look at. */

import * as vscode from 'vscode';
import { App, type AppServices, type Change } from './app.js';
import { appRoots, innermost, markers, type Root } from './roots.js';

const ignored = '**/{node_modules,vendor,testdata,.git}/**';

/** A workspace with more modules than that is not searched to its end. */
const maxMarkers = 500;

/** A change of one app; of all for a change of which one is current. */
export interface AppChange {
  readonly app: App | undefined;
  readonly change: Change | 'current';
}

export class Apps implements vscode.Disposable {
  readonly #services: AppServices;
  readonly #apps = new Map<string, App>(); // by directory, the best first
  readonly #added = new vscode.EventEmitter<App>();
  readonly #removed = new vscode.EventEmitter<App>();
  readonly #changed = new vscode.EventEmitter<AppChange>();
  readonly #subscriptions: vscode.Disposable[] = [];
  #current: App | undefined;
  #finding: Promise<void> = Promise.resolve();

  readonly onDidAdd = this.#added.event;
  readonly onDidRemove = this.#removed.event;
  /** Any change of any app. */
  readonly onDidChange = this.#changed.event;

  constructor(services: AppServices) {
    this.#services = services;
  }

  get list(): readonly App[] {
    return [...this.#apps.values()];
  }

  /** The app that views and commands are about. */
  get current(): App | undefined {
    return this.#current;
  }

  /** The app that a file belongs to. */
  of(uri: vscode.Uri | undefined): App | undefined {
    return uri?.scheme === 'file' ? innermost(uri.fsPath, this.list, (app) => app.root) : undefined;
  }

  /** The app of a file, or else the current one. */
  for(uri: vscode.Uri | undefined): App | undefined {
    return this.of(uri) ?? this.#current;
  }

  /** The app with that directory. */
  at(root: string): App | undefined {
    return this.#apps.get(root);
  }

  /** Finds the apps, and goes on doing so. */
  watch(): void {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/{${markers.join(',')}}`, false, true, false);
    this.#subscriptions.push(
      watcher,
      watcher.onDidCreate(() => this.#find()),
      watcher.onDidDelete(() => this.#find()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.#find()),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.#follow(editor)),
      vscode.workspace.onDidSaveTextDocument((document) => this.of(document.uri)?.connect()),
    );
    this.#find();
  }

  /** Makes an app the current one, and connects to it. */
  select(app: App): void {
    app.connect();
    if (app === this.#current) return;
    this.#current = app;
    this.#changed.fire({ app: undefined, change: 'current' });
  }

  async disposeAsync(): Promise<void> {
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
    await this.#finding;
    await Promise.all(this.list.map((app) => app.disposeAsync()));
    for (const app of this.list) this.#removed.fire(app);
    this.#apps.clear();
  }

  dispose(): void {
    void this.disposeAsync();
  }

  /** An app follows the editor that people work in. */
  #follow(editor: vscode.TextEditor | undefined): void {
    const app = this.of(editor?.document.uri);
    if (app !== undefined) this.select(app);
  }

  #find(): void {
    this.#finding = this.#finding
      .then(async () => {
        const files = await vscode.workspace.findFiles(`**/{${markers.join(',')}}`, ignored, maxMarkers);
        const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
        this.#update(appRoots(files.filter((uri) => uri.scheme === 'file').map((uri) => uri.fsPath), folders));
      })
      .catch((err: unknown) => this.#services.log.error(`looking for apps: ${String(err)}`));
  }

  #update(roots: readonly Root[]): void {
    const before = new Map(this.#apps);
    this.#apps.clear();
    for (const { dir } of roots) this.#apps.set(dir, before.get(dir) ?? this.#add(dir));
    for (const [dir, app] of before) {
      if (this.#apps.has(dir)) continue;
      this.#removed.fire(app);
      app.dispose();
    }
    for (const { dir, eager } of roots) if (eager) this.#apps.get(dir)?.connect();
    if (this.#current === undefined || !this.#apps.has(this.#current.root)) {
      this.#current = this.list[0];
      this.#changed.fire({ app: undefined, change: 'current' });
    }
    this.#follow(vscode.window.activeTextEditor);
  }

  #add(dir: string): App {
    const app = new App(dir, this.#services);
    app.onDidChange((change) => this.#changed.fire({ app, change }));
    this.#added.fire(app);
    return app;
  }
}
