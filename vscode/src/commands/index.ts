/** All commands, and how they are run. */

import * as vscode from 'vscode';
import type { Ctx } from '../ctx.js';
import { type Command, Hindrance } from './command.js';
import { createConfig } from './createConfig.js';
import { debug } from './debug.js';
import { doctor } from './doctor.js';
import { fix } from './fix.js';
import { installServer } from './installServer.js';
import { menu } from './menu.js';
import { openBrowser } from './openBrowser.js';
import { openTerminal } from './openTerminal.js';
import { reload } from './reload.js';
import { reloadNow } from './reloadNow.js';
import { restartServer } from './restartServer.js';
import { rollback } from './rollback.js';
import { rollbackTo } from './rollbackTo.js';
import { selectApp } from './selectApp.js';
import { selectProfile } from './selectProfile.js';
import { sendRequest } from './sendRequest.js';
import { showLog } from './showLog.js';
import { showOutput } from './showOutput.js';
import { showReload } from './showReload.js';
import { start } from './start.js';
import { stop } from './stop.js';
import { why } from './why.js';

const commands: readonly Command[] = [
  createConfig,
  debug,
  doctor,
  fix,
  installServer,
  menu,
  openBrowser,
  openTerminal,
  reload,
  reloadNow,
  restartServer,
  rollback,
  rollbackTo,
  selectApp,
  selectProfile,
  sendRequest,
  showLog,
  showOutput,
  showReload,
  start,
  stop,
  why,
];

export function registerCommands(ctx: Ctx): vscode.Disposable[] {
  return commands.map(({ id, run }) => vscode.commands.registerCommand(id, (...args: unknown[]) => guarded(ctx, id, async () => run(ctx, ...args))));
}

/** Runs a command, and tells the person who asked for it why it did not work. */
async function guarded(ctx: Ctx, id: string, run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run();
  } catch (err) {
    const message = err instanceof Error ? err.message : String(err);
    if (err instanceof Hindrance) {
      void vscode.window.showWarningMessage(message);
      return undefined;
    }
    ctx.log.error(`${id}: ${message}`);
    void vscode.window.showErrorMessage(`Hotdev: ${message}`, 'Show Log').then((picked) => picked && ctx.log.show());
    return undefined;
  }
}
