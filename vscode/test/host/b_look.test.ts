import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { App } from '../../src/app.js';
import { WhyResult } from '../../src/protocol.js';
import { until } from '../until.js';
import { api, documentWith, edit, extension, file, get, lineOf, reloadBy, running, shop, state } from './harness.js';

suite('looking', () => {
  let app: App;
  let handler: vscode.Uri;

  suiteSetup(async () => {
    app = await shop();
    handler = file(app, 'api/api.go');
    await running(app);
  });

  const lenses = async () => {
    const all = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', handler);
    return all.filter((lens) => lens.command?.command === 'hotdev.sendRequest');
  };

  test('routes name their handlers', async () => {
    const route = await until('the routes', () => app.routes.find((r) => r.path === '/api/hello'), () => app.routes);
    assert.equal(route.method, 'GET');
    assert.equal(route.file, handler.fsPath);
    assert.equal(route.line, (await lineOf(handler, 'func hello(')) + 1);
  });

  test('each handler has a lens with its route, whose numbers follow the requests', async () => {
    await vscode.window.showTextDocument(handler);
    const line = await lineOf(handler, 'func order(');
    const title = async () => (await lenses()).find((lens) => lens.range.start.line === line)?.command?.title;
    assert.match((await until('the lens', title)) ?? '', /^POST \/api\/orders/);
    const hits = () => app.routes.find((r) => r.path === '/api/hello')?.hits ?? 0;
    const before = hits();
    await get(app, '/api/hello');
    await until('the hit', () => hits() > before);
    const hello = await lineOf(handler, 'func hello(');
    const lens = await until('the numbers', async () => (await lenses()).find((l) => l.range.start.line === hello && / hits? · p50 /.test(l.command?.title ?? '')));
    assert.ok(lens);
  });

  test('the numbers are those of the process that runs, though it is asked just as often as the one before', async () => {
    const asked = await until('a request', () => app.status?.running?.requests.count, () => app.status?.running);
    await vscode.commands.executeCommand('hotdev.stop');
    await state(app, 'stopped');
    await running(app);
    for (let i = 0; i < asked; i++) await get(app, '/api/hello');
    await until('the hits', () => app.routes.some((r) => r.path === '/api/hello' && r.hits === asked), () => app.routes);
  });

  test('a setting takes the lenses away', async () => {
    const config = vscode.workspace.getConfiguration('hotdev', handler);
    await config.update('codeLens.enabled', false, vscode.ConfigurationTarget.Global);
    await until('no lenses', async () => (await lenses()).length === 0);
    await config.update('codeLens.enabled', undefined, vscode.ConfigurationTarget.Global);
    await until('the lenses', async () => (await lenses()).length > 0);
  });

  test('a request to a route opens its response beside', async () => {
    await vscode.window.showTextDocument(handler, { viewColumn: vscode.ViewColumn.One });
    const route = app.routes.find((r) => r.path === '/api/hello');
    await vscode.commands.executeCommand('hotdev.sendRequest', { app: app.root, route });
    const response = await documentWith('the response', (d) => d.uri.scheme === 'hotdev' && d.getText().includes('GET /api/hello → 200 OK'));
    assert.equal(response.languageId, 'jsonc');
    assert.match(response.getText(), /"message": "good day, world"/);
    const shown = await until('the response beside', () => vscode.window.visibleTextEditors.find((e) => e.document === response));
    assert.equal(shown.viewColumn, vscode.ViewColumn.Two);
    await vscode.commands.executeCommand('workbench.action.closeEditorsInOtherGroups');
  });

  test('the output of the app has a channel, with links to the source', async () => {
    const main = file(app, 'main.go');
    await vscode.commands.executeCommand('hotdev.showOutput');
    await reloadBy(app, () => edit(main, 'log.Printf("listening', 'log.SetFlags(log.Lshortfile)\n\tlog.Printf("listening'));
    const output = await documentWith('the line', (d) => d.uri.scheme === 'output' && /main\.go:\d+: listening/.test(d.getText()));
    assert.match(output.getText(), /\[info\] .*GIN/);
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', output.uri, 1000);
    const line = (await lineOf(main, 'log.Printf("listening')) + 1;
    const link = links.find((l) => output.getText(l.range) === `main.go:${line}`);
    assert.equal(link?.target?.with({ fragment: '' }).fsPath, main.fsPath);
    assert.equal(link?.target?.fragment, `L${line}`);
  });

  test('each line of the output has its level, for the filter of the editor', async () => {
    assert.equal((await get(app, '/nowhere')).status, 404);
    const output = await documentWith('the warning', (d) => d.uri.scheme === 'output' && /\[warning\] \[GIN\] .*\| 404 \|.*"\/nowhere"/.test(d.getText()));
    assert.equal(output.languageId, 'log');
    assert.match(output.getText(), /\[info\] \[GIN\] .*\| 200 \|/);
    assert.match(output.getText(), /\[info\] .*listening on/);
  });

  test('the terminal is there to be typed into', async () => {
    await vscode.commands.executeCommand('hotdev.openTerminal');
    await until('the terminal', () => vscode.window.terminals.find((t) => t.name === 'Hotdev: shop'));
    await vscode.commands.executeCommand('hotdev.openTerminal');
    assert.equal(vscode.window.terminals.filter((t) => t.name === 'Hotdev: shop').length, 1);
  });

  test('the report of a reload names its causes', async () => {
    await vscode.commands.executeCommand('hotdev.showReload');
    const report = await documentWith('the report', (d) => d.uri.scheme === 'hotdev' && d.languageId === 'diff');
    assert.match(report.getText(), /^rev \d+: /);
    assert.match(report.getText(), /@@ changed files @@\n\+ main\.go\n/);
    assert.match(report.getText(), /@@ timings @@\n/);
  });

  test('why says what a save would do', async () => {
    const kind = async (name: string) => (await app.request('hotdev/why', { file: file(app, name).fsPath }, WhyResult)).class;
    assert.deepEqual(await Promise.all(['main.go', 'main_test.go', 'settings.json', 'templates/index.html'].map(kind)), ['rebuild', 'test', 'restart', 'reload']);
  });

  test('every command of the manifest exists, and no other', async () => {
    const declared = extension().packageJSON.contributes.commands.map((c: { command: string }) => c.command) as string[];
    const own = (await vscode.commands.getCommands(true)).filter((id) => /^hotdev\.\w+$/.test(id));
    const views = new Set(['hotdev.app', 'hotdev.routes', 'hotdev.reloads']);
    assert.deepEqual(own.filter((id) => !views.has(id)).sort(), [...declared].sort());
  });

  test('the key bindings clash with none of the editor', async () => {
    await vscode.commands.executeCommand('workbench.action.openDefaultKeybindingsFile');
    const bindings = await documentWith('the bindings', (d) => d.uri.path.endsWith('keybindings.json') && d.getText().includes('hotdev.menu'));
    const taken = [...bindings.getText().matchAll(/"key": "(ctrl\+alt\+h(?: [^"]*)?)",\s*"command": "([^"]+)"/g)];
    const declared = extension().packageJSON.contributes.keybindings as { key: string; command: string }[];
    assert.deepEqual(taken.map(([, key, command]) => `${key} ${command}`).sort(), declared.map(({ key, command }) => `${key} ${command}`).sort());
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  test('the current app follows the editor, and is connected then', async () => {
    const echo = api().apps.list.find((found) => found.name === 'echo');
    assert.equal(echo?.link.kind, 'off');
    await vscode.window.showTextDocument(vscode.Uri.joinPath(echo?.uri ?? app.uri, 'main.go'));
    await until('the other app', () => api().apps.current === echo && echo?.link.kind === 'up', () => echo?.link);
    assert.match(api().status.shown.text, /echo/);
    await vscode.commands.executeCommand('hotdev.selectApp', app.root);
    assert.equal(api().apps.current, app);
  });

  test('commands are about the app that was chosen, whichever file is in the editor', async () => {
    const named = (name: string) => vscode.window.terminals.filter((t) => t.name === name).length;
    assert.equal(api().apps.of(vscode.window.activeTextEditor?.document.uri)?.name, 'echo');
    await vscode.commands.executeCommand('hotdev.openTerminal');
    await until('the terminal of the app', () => vscode.window.activeTerminal?.name === 'Hotdev: shop', () => vscode.window.activeTerminal?.name);
    assert.deepEqual([named('Hotdev: shop'), named('Hotdev: echo')], [1, 0]);
  });

  test('an app that reads gets what is typed into its terminal', async () => {
    const echo = api().apps.list.find((found) => found.name === 'echo') as App;
    await running(echo);
    await vscode.commands.executeCommand('hotdev.openTerminal', echo.root);
    const terminal = await until('the terminal', () => vscode.window.terminals.find((t) => t.name === 'Hotdev: echo'));
    terminal.sendText('tea for two');
    await until('the echo', () => echo.output.some((entry) => entry.text === 'you said: tea for two'), () => echo.output.map((e) => e.text));
    await vscode.commands.executeCommand('hotdev.stop', echo.root);
    await state(echo, 'stopped');
    await vscode.commands.executeCommand('hotdev.selectApp', app.root);
  });
});
