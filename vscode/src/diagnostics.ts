/** The diagnostics of all apps, without those that another extension shows. */

import * as vscode from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';
import type { App } from './app.js';
import { ownSource, withoutDuplicates } from './duplicates.js';
import { affects, settings } from './settings.js';

/** What a daemon says of a file. */
interface Published {
  readonly uri: vscode.Uri;
  readonly list: readonly vscode.Diagnostic[];
  readonly show: (uri: vscode.Uri, list: vscode.Diagnostic[]) => void;
  shown: number; // how many of list are shown
}

export class Diagnostics implements vscode.Disposable {
  readonly #published = new Map<App, Map<string, Published>>();
  readonly #subscriptions: vscode.Disposable[];

  constructor() {
    this.#subscriptions = [
      vscode.languages.onDidChangeDiagnostics((change) => {
        for (const uri of change.uris) this.#review(uri.toString());
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!affects(change, 'diagnostics')) return;
        for (const files of this.#published.values()) for (const file of files.values()) this.#show(file, true);
      }),
    ];
  }

  /** What stands between the daemon of an app and the editor. */
  middleware(app: App): Middleware {
    return {
      handleDiagnostics: (uri, list, show) => {
        const files = this.#published.get(app) ?? new Map<string, Published>();
        this.#published.set(app, files);
        const file = { uri, list, show, shown: -1 };
        if (list.length > 0) files.set(uri.toString(), file);
        else files.delete(uri.toString());
        this.#show(file, true);
      },
      // The fix is run by the daemon that found the fault.
      provideCodeActions: async (document, range, context, token, next) => {
        const actions = await next(document, range, context, token);
        for (const action of actions ?? []) {
          const command = typeof action.command === 'string' ? (action as vscode.Command) : action.command;
          if (command?.command === 'hotdev.fix') command.arguments = [...(command.arguments ?? []), app.root];
        }
        return actions;
      },
    };
  }

  /** Drops what the daemon of an app has said: the connection is gone. */
  forget(app: App): void {
    this.#published.delete(app);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #review(uri: string): void {
    for (const files of this.#published.values()) {
      const file = files.get(uri);
      if (file !== undefined) this.#show(file, false);
    }
  }

  /** Shows what of a file is to be seen; only if it has changed, unless always. */
  #show(file: Published, always: boolean): void {
    const visible = settings.hideDuplicates() ? withoutDuplicates(file.list, others(file.uri)) : [...file.list];
    if (!always && visible.length === file.shown) return;
    file.shown = visible.length;
    file.show(file.uri, visible);
  }
}

/** What is shown at a file, in the form that is compared. */
function others(uri: vscode.Uri) {
  return vscode.languages
    .getDiagnostics(uri)
    .filter((d) => d.source !== ownSource)
    .map((d) => ({ source: d.source, message: d.message, range: d.range, isError: d.severity === vscode.DiagnosticSeverity.Error }));
}
