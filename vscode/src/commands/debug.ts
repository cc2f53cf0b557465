import * as vscode from 'vscode';
import { configurationFor } from '../debug.js';
import { appFor, type Command } from './command.js';

/** Starts a debug session for the app, and the app if it does not run. */
export const debug: Command = {
  id: 'hotdev.debug',
  run: (ctx, arg) => {
    const app = appFor(ctx, arg);
    return vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(app.uri), configurationFor(app, 'launch'));
  },
};
