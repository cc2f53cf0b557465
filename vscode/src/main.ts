/** The extension's beginning and end. */

import * as vscode from 'vscode';
import type { Api } from './api.js';
import { registerCommands } from './commands/index.js';
import { Ctx } from './ctx.js';
import { registerDebug } from './debug.js';
import { registerLenses } from './lens.js';
import { registerLinks } from './links.js';
import { Notices } from './notices.js';
import { Saves } from './saves.js';
import { affects } from './settings.js';
import { StatusItems } from './status.js';
import { appView } from './views/app.js';
import { reloadsView } from './views/reloads.js';
import { routesView } from './views/routes.js';

let ctx: Ctx | undefined;

/** Sets everything up and returns; connections are made behind it. */
export function activate(extension: vscode.ExtensionContext): Api {
  const c = new Ctx(extension);
  ctx = c;
  const status = new StatusItems(c);
  c.own(status, new Notices(c), new Saves(c), appView(c), routesView(c), reloadsView(c), registerLinks(c), ...registerLenses(c), ...registerDebug(c), ...registerCommands(c));
  c.own(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!affects(change, 'path')) return;
      for (const app of c.apps.list) if (app.link.kind !== 'off') void app.reconnect();
    }),
  );
  c.apps.watch();
  return { apps: c.apps, status };
}

/** Ends the connections; the daemons live on for other clients, and for the next window. */
export async function deactivate(): Promise<void> {
  await ctx?.apps.disposeAsync();
}
