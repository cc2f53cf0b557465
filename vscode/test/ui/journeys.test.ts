// What people do with the packed extension in a real editor.

import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Editor, makeWorkspace } from '../editor.js';
import { until } from '../until.js';
import { hotdevItem, Workbench } from './workbench.js';

/** Lines of api/api.go, from 1. */
const lines = { greeting: 13, answer: 27 };

suite('journeys', () => {
  let editor: Editor;
  let folder: { shop: string; echo: string };
  let workbench: Workbench;
  let address: string;

  suiteSetup(async () => {
    editor = await Editor.start({ vsix: [path.resolve('hotdev.vsix')] });
    folder = await makeWorkspace(editor);
    address = `http://localhost:${(JSON.parse(readFileSync(path.join(folder.shop, 'settings.json'), 'utf8')) as { port: string }).port}`;
    workbench = await Workbench.open(editor, folder.shop);
  });

  suiteTeardown(() => editor.stop(folder.shop));

  teardown(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture(`failed ${this.currentTest.title.replace(/\W+/g, ' ')}`);
  });

  const hello = async () => (await fetch(`${address}/api/hello`, { headers: { connection: 'close' } })).text();

  test('a Go project is opened, and one button starts it', async () => {
    await workbench.status(/shop idle/);
    await workbench.file('api/api.go');
    await workbench.page.locator('.editor-actions [aria-label^="Start"]').first().click();
    await workbench.status(/shop rev \d+/);
    assert.equal(await hello(), '{"message":"hello, world"}');
  });

  test('the views tell the address and the routes; a request is sent from there', async () => {
    await workbench.views();
    await workbench.row(/Address/).waitFor();
    const route = workbench.row('GET /api/hello');
    await route.hover();
    await route.locator('[aria-label^="Send Request"]').click();
    await workbench.page.locator('.editor-instance', { hasText: '200 OK' }).waitFor();
    await workbench.row(/GET \/api\/hello.*hit/).waitFor();
    await workbench.page.locator('.codelens-decoration', { hasText: 'GET /api/hello' }).first().waitFor();
    await workbench.picture('views');
    await workbench.command('View: Close All Editors');
  });

  test('an edit is saved, and the new version serves', async () => {
    await workbench.file('api/api.go', lines.greeting);
    await workbench.replaceLine('const greeting = "welcome"');
    await until('the new version', async () => (await hello()).includes('welcome'));
    await workbench.status(/rev \d+ · [\d.]+ m?s/);
    await workbench.row(/new version.*api\/api\.go/).waitFor();
  });

  test('a mistake is underlined and listed, and the old version serves on', async () => {
    await workbench.file('api/api.go', lines.greeting);
    await workbench.replaceLine('const greting = "welcome"');
    await workbench.status(/failed/);
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.command('View: Focus Problems');
    await workbench.page.locator('.markers-panel-container .monaco-list-row', { hasText: 'undefined: greeting' }).first().waitFor();
    assert.match(await hello(), /welcome/);
    await workbench.picture('problems');
    await workbench.file('api/api.go', lines.greeting);
    await workbench.replaceLine('const greeting = "welcome"');
    await workbench.status(/shop rev/);
    await workbench.command('View: Hide Panel');
  });

  test('F5 debugs without a launch.json; the session stays over a save, and the breakpoint moves', async () => {
    const { page } = workbench;
    await workbench.file('api/api.go', lines.answer);
    await page.keyboard.press('F9');
    await page.locator('.codicon-debug-breakpoint').first().waitFor();
    await page.keyboard.press('F5');
    await page.locator('.debug-toolbar').waitFor();
    await until('the breakpoint to be set', async () => /"verified":\s*true/.test(await editor.hotdev(folder.shop, 'break', 'list', '--json')));
    const stopped = page.locator('.debug-top-stack-frame-line, .codicon-debug-stackframe').first();
    const first = hello();
    await stopped.waitFor();
    await page.locator('.debug-toolbar [aria-label^="Reload Now"]').waitFor();
    await workbench.command('View: Show Run and Debug');
    await page.locator('.debug-call-stack', { hasText: 'PAUSED' }).first().waitFor();
    await page.locator('.debug-variables .monaco-list-row', { hasText: 'Locals' }).first().waitFor();
    await workbench.picture('debugging');
    await page.keyboard.press('F5');
    await stopped.waitFor({ state: 'hidden' });
    assert.match(await first, /welcome/);

    await workbench.file('api/api.go', lines.greeting);
    await workbench.replaceLine('// greeting has a comment.\nconst greeting = "good day"');
    await workbench.status(/rev \d+ · /);
    await page.locator('.debug-toolbar').waitFor();
    const second = hello();
    await stopped.waitFor();
    await page.keyboard.press('F5');
    assert.match(await second, /good day/);
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await workbench.status(/shop rev/);
  });

  test('the menu of the status bar has all actions, and stops the app', async () => {
    await workbench.page.locator(hotdevItem).click();
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Open Terminal of the App' }).waitFor();
    await workbench.picture('menu');
    await workbench.pick('Stop');
    await workbench.status(/stopped/);
    await assert.rejects(hello());
  });

  test('activation takes 50 ms of the extension host at most', async () => {
    const times: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      if (tries > 0) await workbench.reload();
      const text = await until('the activation', () => workbench.runningExtension('Hotdev'));
      times.push(Number(/Activation: (\d+)ms/.exec(text)?.[1]) / crowding());
    }
    assert.ok(Math.min(...times) <= 50, `it took ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  });
});

/** How much longer than on an idle machine work takes now, as others have the processors too. */
function crowding(): number {
  const began = performance.now();
  const before = process.cpuUsage();
  while (performance.now() - began < 300);
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, (performance.now() - began) / ((user + system) / 1000));
}

suite('a workspace that is not trusted', () => {
  let editor: Editor;

  suiteSetup(async () => {
    editor = await Editor.start({ vsix: [path.resolve('hotdev.vsix')], trust: 'on', settings: { 'security.workspace.trust.startupPrompt': 'never' } });
  });

  suiteTeardown(() => editor.stop());

  test('has no extension, and nothing is spawned', async () => {
    const { shop } = await makeWorkspace(editor);
    const workbench = await Workbench.open(editor, shop, '.statusbar-item:has-text("Restricted Mode")');
    await workbench.file('api/api.go');
    assert.equal(await workbench.runningExtension('Hotdev'), undefined);
    assert.equal(await workbench.page.locator(hotdevItem).count(), 0);
    assert.deepEqual(editor.daemons(), []);
    await workbench.picture('restricted');
  });
});

suite('a folder without a go.mod', () => {
  let editor: Editor;

  suiteSetup(async () => {
    editor = await Editor.start({ vsix: [path.resolve('hotdev.vsix')] });
  });

  suiteTeardown(() => editor.stop());

  test('activates nothing', async () => {
    const workbench = await Workbench.open(editor, path.resolve('src'), '.statusbar-item:has-text("Layout:")');
    await workbench.file('main.ts');
    assert.equal(await workbench.runningExtension('Hotdev'), undefined);
    assert.deepEqual(editor.daemons(), []);
  });
});

suite('beside the Go extension', () => {
  const vsix = process.env['HOTDEV_TEST_GO_EXTENSION']; // path of golang.go, which is in no registry of packages
  let editor: Editor;
  let shop: string;
  let workbench: Workbench;

  suiteSetup(async function () {
    if (!vsix) return this.skip();
    // code-server gives its extension host the PATH of a login shell.
    const gopls = execFileSync('which', ['gopls'], { encoding: 'utf8' }).trim();
    const settings = { 'go.alternateTools': { gopls }, 'go.survey.prompt': false, 'go.toolsManagement.checkForUpdates': 'off', 'go.showWelcome': false };
    editor = await Editor.start({ vsix: [path.resolve('hotdev.vsix'), vsix], settings });
    ({ shop } = await makeWorkspace(editor));
    workbench = await Workbench.open(editor, shop);
  });

  suiteTeardown(() => editor?.stop(shop));

  teardown(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture(`failed ${this.currentTest.title.replace(/\W+/g, ' ')}`);
  });

  test('a type error is shown once, by gopls', async () => {
    const { page } = workbench;
    await workbench.file('api/api.go', lines.greeting);
    await page.locator('.statusbar-item:has(.codicon-zap)', { hasText: /\d+\.\d+/ }).waitFor(); // gopls runs
    await workbench.replaceLine('const greting = "welcome"');
    await workbench.status(/failed/);
    await workbench.command('View: Focus Problems');
    const rows = page.locator('.markers-panel-container .monaco-list-row', { hasText: 'undefined: greeting' });
    await rows.filter({ hasText: 'compiler' }).first().waitFor();
    await rows.nth(1).waitFor({ state: 'detached' });
    assert.match((await rows.allTextContents()).join('\n'), /^undefined: greeting\s*compiler/);
    await workbench.picture('beside the Go extension');
    await workbench.file('api/api.go', lines.greeting);
    await workbench.replaceLine('const greeting = "welcome"');
    await workbench.status(/shop idle|shop rev/);
    await rows.first().waitFor({ state: 'detached' });
  });

  test('F5 asks which debugger is meant, and ours debugs', async () => {
    const { page } = workbench;
    await workbench.file('api/api.go');
    await page.keyboard.press('F5');
    const choices = page.locator('.quick-input-list .monaco-list-row');
    await choices.filter({ hasText: 'Hotdev' }).first().waitFor();
    await choices.filter({ hasText: /^Go/ }).first().waitFor();
    await choices.filter({ hasText: 'Hotdev' }).first().click();
    await page.locator('.debug-toolbar').waitFor();
    await workbench.status(/shop rev/);
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  });
});
