import * as assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { App } from '../../src/app.js';
import { until } from '../until.js';
import { api, edit, extension, file, get, hasProblems, lineOf, problems, reloadBy, running, shop, state } from './harness.js';

suite('reloading', () => {
  let app: App;
  let handler: vscode.Uri;

  suiteSetup(async () => {
    app = await shop();
    handler = file(app, 'api/api.go');
  });

  test('is active in a workspace with a go.mod, and takes part in no other', () => {
    assert.ok(extension().isActive);
    assert.deepEqual(extension().packageJSON.activationEvents, ['workspaceContains:**/go.mod', 'onDebugResolve:hotdev', 'onDebugDynamicConfigurations:hotdev']);
    assert.equal(extension().extensionKind, vscode.ExtensionKind.Workspace);
  });

  test('finds both apps, and connects to the one with a hotdev.toml only', () => {
    assert.deepEqual(api().apps.list.map((found) => [found.name, found.link.kind]), [
      ['shop', 'up'],
      ['echo', 'off'],
    ]);
    assert.equal(api().apps.current, app);
  });

  test('nothing runs before it is asked for', async () => {
    const status = await state(app, 'idle');
    assert.equal(status.running, undefined);
    assert.match(api().status.shown.text, /shop · idle|shop idle/);
  });

  test('start: the app serves on the port that it asks for', async () => {
    await vscode.commands.executeCommand('hotdev.start');
    const status = await state(app, 'running');
    assert.equal(status.app, 'example.com/demo');
    assert.match(app.url ?? '', /^http:\/\/(localhost|127\.0\.0\.1):\d+$/);
    assert.deepEqual(await get(app, '/api/hello'), { status: 200, text: '{"message":"hello, world"}' });
    assert.match(api().status.shown.text, /shop rev \d+/);
  });

  test('a save becomes a new version, which tells how long it took', async () => {
    const reload = await reloadBy(app, () => edit(handler, '"hello"', '"good day"'));
    assert.equal(reload.outcome, 'swapped');
    assert.deepEqual(reload.files, [handler.fsPath]);
    assert.ok(reload.phases.compile > 0 && reload.total > 0);
    assert.match((await get(app, '/api/hello')).text, /good day/);
    const { running: version } = await state(app, 'running');
    assert.equal(version?.rev, reload.rev);
    await until('the status bar', () => /rev \d+ · [\d.]+ m?s$/.test(api().status.shown.text), () => api().status.shown);
  });

  test('an error is a problem at its place, and the old version serves on', async () => {
    const reload = await reloadBy(app, () => edit(handler, 'greeting + ', 'greting + '));
    assert.equal(reload.outcome, 'buildFailed');
    const [problem] = await hasProblems(handler, 1);
    assert.match(problem?.message ?? '', /undefined: greting/);
    assert.equal(problem?.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(problem?.range.start.line, await lineOf(handler, 'greting + '));
    const status = await state(app, 'failed');
    assert.ok(status.running !== undefined && status.running.rev < status.rev);
    assert.match(api().status.shown.text, /failed/);
    assert.match(api().status.shown.language, /goes on serving/);
    assert.match((await get(app, '/api/hello')).text, /good day/);
  });

  test('it is hidden while another extension shows it, and comes back', async () => {
    const other = vscode.languages.createDiagnosticCollection('other');
    try {
      const line = await lineOf(handler, 'greting + ');
      const same = new vscode.Diagnostic(new vscode.Range(line, 0, line, 5), 'undefined: greting');
      same.source = 'compiler';
      other.set(handler, [same]);
      await hasProblems(handler, 0);
      const config = vscode.workspace.getConfiguration('hotdev');
      await config.update('diagnostics.hideDuplicates', false, vscode.ConfigurationTarget.Global);
      await hasProblems(handler, 1);
      await config.update('diagnostics.hideDuplicates', undefined, vscode.ConfigurationTarget.Global);
      await hasProblems(handler, 0);
      other.clear();
      await hasProblems(handler, 1);
    } finally {
      other.dispose();
    }
  });

  test('mended, the problem goes and a new version comes', async () => {
    const reload = await reloadBy(app, () => edit(handler, 'greting + ', 'greeting + '));
    assert.ok(['swapped', 'unchanged'].includes(reload.outcome), reload.outcome);
    await hasProblems(handler, 0);
    await state(app, 'running');
  });

  test('a problem says what else it is about', async () => {
    await reloadBy(app, () => edit(handler, '// order counts', 'func hello() {}\n\n// order counts'));
    const redeclared = await until('the problem', () => problems(handler).find((d) => d.message.includes('redeclared')), () => problems(handler));
    const [other] = redeclared.relatedInformation ?? [];
    assert.equal(other?.location.uri.fsPath, handler.fsPath);
    await reloadBy(app, () => edit(handler, 'func hello() {}\n\n', ''));
    await hasProblems(handler, 0);
  });

  test('a missing go.sum entry has a quick fix, and the fix mends it', async () => {
    const sums = file(app, 'go.sum');
    const chat = file(app, 'chat/chat.go');
    const whole = (await vscode.workspace.openTextDocument(sums)).getText();
    const line = whole.split('\n').find((row) => /^github\.com\/coder\/websocket v\S+ h1:/.test(row)) ?? '';
    assert.notEqual(line, '');
    await reloadBy(app, () => edit(sums, `${line}\n`, ''));
    const [problem] = await hasProblems(chat, 1);
    await vscode.workspace.openTextDocument(chat);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', chat, problem?.range, vscode.CodeActionKind.QuickFix.value);
    const action = actions.find((a) => a.command?.command === 'hotdev.fix');
    assert.equal(action?.title, 'go get example.com/demo/chat');
    assert.equal(action?.command?.arguments?.[1], app.root);
    await reloadBy(app, async () => vscode.commands.executeCommand('hotdev.fix', ...(action?.command?.arguments ?? [])));
    await hasProblems(chat, 0);
    await state(app, 'running');
  });

  test('a panic is a problem at its line, until the code changes', async () => {
    assert.equal((await get(app, '/api/panic?item=tea')).status, 500);
    const [panic] = await hasProblems(handler, 1);
    assert.match(panic?.message ?? '', /assignment to entry in nil map/);
    assert.equal(panic?.range.start.line, await lineOf(handler, 'stock[c.Query'));
    await reloadBy(app, () => edit(handler, 'var stock map[string]int', 'stock := map[string]int{}'));
    await hasProblems(handler, 0);
    assert.equal((await get(app, '/api/panic?item=tea')).status, 200);
  });

  test('a mistake in hotdev.toml is a problem there', async () => {
    const config = file(app, 'hotdev.toml');
    await reloadBy(app, () => edit(config, '[watch]', '[watch]\nrestrat = ["x"]'));
    const [mistake] = await hasProblems(config, 1);
    assert.match(mistake?.message ?? '', /restrat/);
    assert.equal(mistake?.range.start.line, await lineOf(config, 'restrat'));
    await reloadBy(app, () => edit(config, '\nrestrat = ["x"]', ''));
    await hasProblems(config, 0);
  });

  test('a change on disk counts as much as one in the editor', async () => {
    const reload = await reloadBy(app, () => writeFile(file(app, 'pages/motto.txt').fsPath, 'slow and steady\n'));
    assert.equal(reload.outcome, 'swapped');
    assert.equal((await get(app, '/motto')).text, 'slow and steady\n');
  });

  test('rollback puts the version before back into service', async () => {
    const { running: now } = await running(app);
    const before = app.reloads.find((reload) => reload.outcome === 'swapped' && reload.rev !== now?.rev);
    const row = { app: app.root, reload: before };
    const reload = await reloadBy(app, async () => vscode.commands.executeCommand('hotdev.rollbackTo', row));
    assert.equal(reload.outcome, 'rolledBack');
    assert.deepEqual([reload.rev, reload.backTo], [now?.rev, before?.rev]);
    assert.equal((await state(app, 'running')).running?.rev, before?.rev);
    assert.notEqual((await get(app, '/motto')).text, 'slow and steady\n');
  });

  test('reload builds and restarts though nothing has changed', async () => {
    const { running: before } = await running(app);
    await vscode.commands.executeCommand('hotdev.reload');
    const { running: after } = await state(app, 'running');
    assert.notEqual(after?.pid, before?.pid);
    assert.equal((await get(app, '/motto')).text, 'slow and steady\n');
  });

  test('stop ends the app; start brings it back', async () => {
    const { running: version } = await running(app);
    await vscode.commands.executeCommand('hotdev.stop');
    assert.equal((await state(app, 'stopped')).running, undefined);
    assert.throws(() => process.kill(version?.pid ?? 0, 0), /ESRCH/);
    await running(app);
  });
});
