/** The routes above their handlers. */

import * as vscode from 'vscode';
import type { Ctx } from './ctx.js';
import { routeNumbers } from './phrases.js';
import { affects, settings } from './settings.js';

export function registerLenses(ctx: Ctx): vscode.Disposable[] {
  const changed = new vscode.EventEmitter<void>();
  return [
    changed,
    ctx.apps.onDidChange(({ change }) => {
      if (change === 'routes') changed.fire();
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (affects(change, 'codeLens')) changed.fire();
    }),
    vscode.languages.registerCodeLensProvider(
      { scheme: 'file', language: 'go' },
      {
        onDidChangeCodeLenses: changed.event,
        provideCodeLenses(document) {
          const app = ctx.apps.of(document.uri);
          if (app === undefined || !settings.codeLens(document.uri)) return [];
          return app.routes
            .filter((route) => route.file === document.uri.fsPath && route.line !== undefined && route.line <= document.lineCount)
            .map((route) => {
              const numbers = routeNumbers(route);
              return new vscode.CodeLens(document.lineAt((route.line ?? 1) - 1).range, {
                title: `${route.method} ${route.path}${numbers && ` · ${numbers}`}`,
                tooltip: 'Send a request',
                command: 'hotdev.sendRequest',
                arguments: [{ app: app.root, route }],
              });
            });
        },
      },
    ),
  ];
}
