import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as vscode from 'vscode';
import type { App } from '../../src/app.js';
import { until } from '../until.js';
import { api, edit, file, get, hasProblems, reloadBy, running, shop, state } from './harness.js';

suite('the daemon', () => {
  let app: App;

  suiteSetup(async () => {
    app = await shop();
    await running(app);
  });

  test('killed, another one takes its place, and the app runs again when asked', async () => {
    const before = app.status?.daemon.pid ?? 0;
    process.kill(before, 'SIGKILL');
    const status = await until('another daemon', () => (app.status !== undefined && app.status.daemon.pid !== before ? app.status : undefined), () => app.link);
    assert.throws(() => process.kill(before, 0), /ESRCH/);
    assert.ok(status.daemon.pid > 0);
    await running(app);
    assert.equal((await get(app, '/api/hello')).status, 200);
  });

  test('its saves and problems come through as before', async () => {
    const handler = file(app, 'api/api.go');
    await reloadBy(app, () => edit(handler, 'greeting + ', 'greting + '));
    await hasProblems(handler, 1);
    await reloadBy(app, () => edit(handler, 'greting + ', 'greeting + '));
    await hasProblems(handler, 0);
  });

  test('hotdev lsp killed, it is started again and the app goes on', async () => {
    const { running: version } = await running(app);
    const [bridge] = bridges(app);
    assert.ok(bridge !== undefined);
    const links: string[] = [];
    const watching = app.onDidChange((change) => change === 'link' && links.push(app.link.kind));
    process.kill(bridge, 'SIGKILL');
    await until('the connection', () => links.includes('down') && app.link.kind === 'up', () => links);
    watching.dispose();
    assert.deepEqual(links, ['down', 'connecting', 'up']);
    assert.notEqual(bridges(app)[0], bridge);
    assert.equal((await state(app, 'running')).running?.pid, version?.pid);
  });

  test('restarting the daemon is a command', async () => {
    const before = app.status?.daemon.pid;
    await vscode.commands.executeCommand('hotdev.restartServer', app.root);
    await until('another daemon', () => app.link.kind === 'up' && app.status !== undefined && app.status.daemon.pid !== before, () => app.link);
    await running(app);
  });

  test('without the program the status says so, and nothing is tried in vain', async () => {
    const config = vscode.workspace.getConfiguration('hotdev');
    const program = config.get('path');
    await config.update('path', '/nowhere/hotdev', vscode.ConfigurationTarget.Global);
    await until('the missing program', () => app.link.kind === 'missing', () => app.link);
    assert.match(api().status.shown.text, /hotdev is missing/);
    await config.update('path', program, vscode.ConfigurationTarget.Global);
    await until('the connection', () => app.link.kind === 'up', () => app.link);
    await state(app, 'running');
  });
});

/** The processes of `hotdev lsp` in the app's directory that this extension host has started. */
function bridges(app: App): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [command, verb] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
        return parent === process.pid && verb === 'lsp' && command?.endsWith('hotdev') && cwdOf(pid) === app.root;
      } catch {
        return false; // it has ended meanwhile
      }
    });
}

function cwdOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/cwd`);
}
