/** The status bar, the language status of Go files, and the progress of long builds. */

import * as vscode from 'vscode';
import type { App } from './app.js';
import type { Ctx } from './ctx.js';
import { type Known, possible, type StatusView, statusView, tooltip, waiting } from './statusview.js';

/** Builds that take longer, in milliseconds, show their progress. */
const longBuild = 3000;

const colors = { none: undefined, warning: 'statusBarItem.warningBackground', error: 'statusBarItem.errorBackground' } as const;

const severities = {
  none: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
} as const;

/** What is known of an app, for the views of it. */
export function known(app: App): Known {
  return { name: app.name, link: app.link, status: app.status, lastReload: app.reloads[0] };
}

export class StatusItems implements vscode.Disposable {
  readonly #ctx: Ctx;
  readonly #item = vscode.window.createStatusBarItem('hotdev.status', vscode.StatusBarAlignment.Left, 10);
  readonly #pending = vscode.window.createStatusBarItem('hotdev.pending', vscode.StatusBarAlignment.Left, 9);
  readonly #language = vscode.languages.createLanguageStatusItem('hotdev.status', [{ language: 'go' }, { pattern: '**/hotdev.toml' }]);
  readonly #progress = new BuildProgress();
  readonly #subscription: vscode.Disposable;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
    this.#item.name = 'Hotdev';
    this.#item.command = 'hotdev.menu';
    this.#pending.name = 'Hotdev: what waits for a reload';
    this.#pending.command = 'hotdev.reloadNow';
    this.#pending.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    this.#language.name = 'Hotdev';
    this.#language.command = { command: 'hotdev.menu', title: 'Actions' };
    this.#subscription = ctx.apps.onDidChange(({ app, change }) => {
      if (change !== 'routes' && (app === undefined || app === ctx.apps.current)) this.#show();
    });
    this.#show();
  }

  /** The texts as they are shown, for tests. */
  get shown(): { text: string; pending: string | undefined; language: string } {
    return { text: this.#item.text, pending: this.#pending.text || undefined, language: this.#language.text };
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#progress.end();
    this.#item.dispose();
    this.#pending.dispose();
    this.#language.dispose();
  }

  #show(): void {
    const app = this.#ctx.apps.current;
    const can = possible(app?.status);
    void vscode.commands.executeCommand('setContext', 'hotdev.active', app !== undefined);
    void vscode.commands.executeCommand('setContext', 'hotdev.state', app?.status?.state);
    void vscode.commands.executeCommand('setContext', 'hotdev.canStart', can.start);
    void vscode.commands.executeCommand('setContext', 'hotdev.canStop', can.stop);
    void vscode.commands.executeCommand('setContext', 'hotdev.several', this.#ctx.apps.list.length > 1);
    if (app === undefined) {
      this.#item.hide();
      this.#pending.hide();
      this.#progress.end();
      return;
    }
    const view = statusView(known(app));
    this.#showItem(app, view);
    this.#showPending(app);
    this.#language.text = view.detail;
    this.#language.severity = severities[view.severity];
    this.#language.busy = view.busy;
    if (view.busy && app.status !== undefined) this.#progress.begin(app.name);
    else this.#progress.end();
  }

  #showItem(app: App, view: StatusView): void {
    const color = colors[view.severity];
    this.#item.text = view.text;
    this.#item.tooltip = new vscode.MarkdownString([...tooltip(known(app)), 'Click for all actions.'].join('\n\n'));
    this.#item.accessibilityInformation = { label: `Hotdev, ${app.name}: ${view.detail}` };
    this.#item.backgroundColor = color === undefined ? undefined : new vscode.ThemeColor(color);
    this.#item.show();
  }

  #showPending(app: App): void {
    const sentence = waiting(app.status);
    this.#pending.text = sentence === undefined ? '' : `$(debug-restart) ${sentence} · Reload now`;
    this.#pending.tooltip =
      app.status?.state === 'paused'
        ? 'The app stands in the debugger. The new version takes over when it goes on, or now.'
        : 'Saves are withheld, as hotdev.reloadOnSave says here or in another window.';
    if (sentence === undefined) this.#pending.hide();
    else this.#pending.show();
  }
}

/** Shows in the window that a build or a start goes on, once it takes long. */
class BuildProgress {
  #timer: NodeJS.Timeout | undefined;
  #done: (() => void) | undefined;

  begin(name: string): void {
    if (this.#timer !== undefined || this.#done !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: `Hotdev: building ${name}` },
        () => new Promise<void>((resolve) => (this.#done = resolve)),
      );
    }, longBuild);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#done?.();
    this.#done = undefined;
  }
}
