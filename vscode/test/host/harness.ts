/** What the suites in the editor share: the app of the workspace and ways to act as a person does. */

import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Api } from '../../src/api.js';
import type { App } from '../../src/app.js';
import type { Reload, Status } from '../../src/protocol.js';
import { until } from '../until.js';

export const extension = () => vscode.extensions.getExtension<Api>('hotdev.hotdev') as vscode.Extension<Api>;

export const api = () => extension().exports;

/** The demo app, which is the folder `shop` of the workspace. */
export async function shop(): Promise<App> {
  await extension().activate();
  const app = await until('the app to be found', () => api().apps.list.find((found) => found.name === 'shop'));
  await until('the connection', () => app.link.kind === 'up', () => app.link);
  return app;
}

export function file(app: App, name: string): vscode.Uri {
  return vscode.Uri.file(path.join(app.root, name));
}

/** Waits for a state of the app. */
export function state(app: App, wanted: Status['state']): Promise<Status> {
  return until(
    `state ${wanted}`,
    () => (app.status?.state === wanted ? app.status : undefined),
    () => [app.link.kind, app.status?.state, app.status?.message, app.reloads[0]?.outcome],
  );
}

/** Replaces text in a file as a person does: in the editor, then saves. */
export async function edit(uri: vscode.Uri, before: string, after: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const offset = document.getText().indexOf(before);
  if (offset < 0) throw new Error(`${uri.fsPath} does not hold ${JSON.stringify(before)}`);
  const change = new vscode.WorkspaceEdit();
  change.replace(uri, new vscode.Range(document.positionAt(offset), document.positionAt(offset + before.length)), after);
  if (!(await vscode.workspace.applyEdit(change)) || !(await document.save())) throw new Error(`${uri.fsPath} could not be edited`);
}

/** Tells reloads apart, also those of a history that was fetched anew. */
const key = (reload: Reload | undefined) => reload && `${reload.time} ${reload.rev} ${reload.outcome}`;

/** Does something, and waits for the reload that comes of it. One that is still to come of something else is taken for it. */
export async function reloadBy(app: App, act: () => Promise<unknown>): Promise<Reload> {
  const before = key(app.reloads[0]);
  await act();
  return until(
    'a reload',
    () => (key(app.reloads[0]) !== before && app.reloads[0]?.outcome !== 'superseded' ? app.reloads[0] : undefined),
    () => [app.status?.state, app.status?.message, app.reloads[0]?.outcome],
  );
}

/** The line of a file that holds a text, from 0. */
export async function lineOf(uri: vscode.Uri, text: string): Promise<number> {
  const line = (await readFile(uri.fsPath, 'utf8')).split('\n').findIndex((row) => row.includes(text));
  if (line < 0) throw new Error(`${uri.fsPath} has no line with ${text}`);
  return line;
}

/** Asks the app as a browser does. */
export async function get(app: App, url: string): Promise<{ status: number; text: string }> {
  if (app.url === undefined) throw new Error('the app listens nowhere');
  const response = await fetch(app.url + url, { headers: { connection: 'close' } });
  return { status: response.status, text: await response.text() };
}

/** Hotdev's diagnostics of a file. */
export function problems(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter((d) => d.source === 'hotdev');
}

/** Waits until a file has a number of hotdev's diagnostics. */
export function hasProblems(uri: vscode.Uri, n: number): Promise<vscode.Diagnostic[]> {
  return until(
    `${n} problems in ${path.basename(uri.fsPath)}`,
    () => (problems(uri).length === n ? problems(uri) : undefined),
    () => problems(uri).map((d) => d.message),
  );
}

/** Waits for an open document that a check accepts. */
export function documentWith(what: string, check: (document: vscode.TextDocument) => boolean): Promise<vscode.TextDocument> {
  return until(
    what,
    () => vscode.workspace.textDocuments.find(check),
    () => vscode.workspace.textDocuments.map((d) => d.uri.toString()),
  );
}

/** Starts the app if it does not run, and waits for the record of that, too: it comes after the state. */
export async function running(app: App): Promise<Status> {
  if (app.status?.state === 'running') return app.status;
  const pid = app.status?.running?.pid;
  const known = new Set(app.reloads.map(key));
  await vscode.commands.executeCommand('hotdev.start', app.root);
  const status = await state(app, 'running');
  if (status.running?.pid !== pid) {
    await until(
      'the record of the start',
      () => app.reloads.some((reload) => !known.has(key(reload)) && reload.buildID === status.running?.buildID),
      () => app.reloads,
    );
  }
  return status;
}
