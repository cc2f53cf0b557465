import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { App } from '../../src/app.js';
import { until } from '../until.js';
import { api, edit, file, get, reloadBy, running, shop, state } from './harness.js';

suite('which saves reload', () => {
  let app: App;
  let handler: vscode.Uri;

  suiteSetup(async () => {
    app = await shop();
    handler = file(app, 'api/api.go');
    await running(app);
    await vscode.window.showTextDocument(handler);
  });

  suiteTeardown(async () => {
    await set('reloadOnSave', undefined);
    await vscode.workspace.getConfiguration('files').update('autoSave', 'off', vscode.ConfigurationTarget.Global);
  });

  const set = (name: string, value: unknown) => vscode.workspace.getConfiguration('hotdev').update(name, value, vscode.ConfigurationTarget.Global);

  const holds = (clients: number, withheld: number) =>
    until(
      `${clients} holds and ${withheld} files that wait`,
      () => (app.status?.hold?.clients ?? 0) === clients && (app.status?.hold?.withheld ?? 0) === withheld,
      () => app.status?.hold,
    );

  const answer = async () => (await get(app, '/api/hello')).text;

  /** Changes the greeting in the editor; whether and how it is saved is for others. */
  const greet = async (text: string) => {
    const document = await vscode.workspace.openTextDocument(handler);
    const [, before] = /greeting = "(.*)"/.exec(document.getText()) ?? [];
    const at = document.getText().indexOf(`greeting = "${before}"`) + 'greeting = "'.length;
    const change = new vscode.WorkspaceEdit();
    change.replace(handler, new vscode.Range(document.positionAt(at), document.positionAt(at + (before?.length ?? 0))), text);
    assert.ok(await vscode.workspace.applyEdit(change));
    return document;
  };

  test('never: saves wait, the status bar tells how many, and a reload applies them', async () => {
    await set('reloadOnSave', 'never');
    await holds(1, 0);
    const before = await answer();
    await (await greet('withheld')).save();
    await holds(1, 1);
    await edit(file(app, 'main.go'), '"shutting down"', '"shutting it down"');
    await holds(1, 2);
    assert.equal(await answer(), before);
    assert.match(api().status.shown.pending ?? '', /2 saved files wait · Reload now/);
    const reload = await reloadBy(app, async () => vscode.commands.executeCommand('hotdev.reloadNow'));
    assert.deepEqual(reload.files, [handler.fsPath, file(app, 'main.go').fsPath]);
    await state(app, 'running');
    assert.match(await answer(), /withheld/);
    assert.equal(api().status.shown.pending, undefined);
  });

  test('manual: what a person saves reloads, and takes with it what was saved otherwise', async () => {
    await set('reloadOnSave', 'manual');
    await holds(1, 0);
    await vscode.workspace.getConfiguration('files').update('autoSaveDelay', 50, vscode.ConfigurationTarget.Global);
    await vscode.workspace.getConfiguration('files').update('autoSave', 'afterDelay', vscode.ConfigurationTarget.Global);
    await greet('automatic');
    await holds(1, 1);
    await vscode.workspace.getConfiguration('files').update('autoSave', 'off', vscode.ConfigurationTarget.Global);
    assert.match(await answer(), /withheld/);
    const reload = await reloadBy(app, () => edit(file(app, 'main.go'), '"shutting it down"', '"shutting down"'));
    assert.deepEqual(reload.files, [handler.fsPath, file(app, 'main.go').fsPath]);
    await state(app, 'running');
    assert.match(await answer(), /automatic/);
    await holds(1, 0);
  });

  test('all: what another program has changed meanwhile comes too, and saves wait no more', async () => {
    const motto = file(app, 'pages/motto.txt').fsPath;
    await writeFile(motto, 'wait and see\n');
    await holds(1, 1);
    const reload = await reloadBy(app, async () => set('reloadOnSave', undefined));
    assert.deepEqual(reload.files, [motto]);
    await holds(0, 0);
    await reloadBy(app, async () => (await greet('good day')).save());
    await state(app, 'running');
    assert.match(await answer(), /good day/);
  });

  test('another daemon is told as well', async () => {
    await set('reloadOnSave', 'never');
    await holds(1, 0);
    const { pid } = (await state(app, 'running')).daemon;
    process.kill(pid, 'SIGKILL');
    await until('another daemon', () => app.status !== undefined && app.status.daemon.pid !== pid, () => app.link);
    await holds(1, 0);
    await set('reloadOnSave', undefined);
    await holds(0, 0);
  });
});
