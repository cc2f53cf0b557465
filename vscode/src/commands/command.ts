/** What a command is, and what commands have in common. */

import * as vscode from 'vscode';
import type { App } from '../app.js';
import type { Ctx } from '../ctx.js';

export interface Command {
  readonly id: string;
  /** Runs it. What it rejects with is shown to the person who asked for it. */
  readonly run: (ctx: Ctx, ...args: unknown[]) => unknown;
}

/** Says what keeps a command from doing its work. */
export class Hindrance extends Error {}

/**
 * The app that a command is about: the one with the directory that the argument
 * is or has, or of the file that it is; else the current one, which views show.
 */
export function appFor(ctx: Ctx, arg?: unknown): App {
  const root = typeof arg === 'object' && arg !== null && 'app' in arg ? arg.app : arg;
  const app =
    (typeof root === 'string' ? ctx.apps.at(root) : undefined) ??
    (arg instanceof vscode.Uri ? ctx.apps.of(arg) : undefined) ??
    ctx.apps.current;
  if (app === undefined) throw new Hindrance('There is no go.mod in this workspace: `go mod init` makes a module.');
  return app;
}

/** Shows in the window that something goes on. */
export function withProgress<T>(title: string, work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work);
}
