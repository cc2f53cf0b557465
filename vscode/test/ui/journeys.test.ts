// What people do with the packed extension in a real editor.

import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Editor, makeWorkspace } from '../editor.js';
import { until } from '../until.js';
import { hotdevItem, lines, pictureOfFailure, Workbench } from './workbench.js';

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

  pictureOfFailure(() => workbench);

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
    await workbench.row(/GET \/api\/hello.*1 hit/).waitFor(); // while a row is drawn anew, the editor does not say which one is clicked
    await workbench.act(workbench.row('GET /api/hello'), 'Send Request');
    await workbench.page.locator('.editor-instance', { hasText: '200 OK' }).waitFor();
    await workbench.row(/GET \/api\/hello.*2 hits/).waitFor();
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

  test('a row of the view puts an older version back, and the newer one again', async () => {
    await workbench.act(workbench.row(/rev 1.*new version/), 'Roll Back to This Version');
    await until('the older version', async () => (await hello()).includes('hello'));
    await workbench.row(/back to rev 1.*rolled back/).waitFor();
    await workbench.act(workbench.row(/rev 2.*new version/), 'Roll Back to This Version');
    await until('the newer version', async () => (await hello()).includes('welcome'));
    await workbench.row(/back to rev 2.*rolled back/).waitFor();
  });

  test('a mistake is underlined and listed, and the old version serves on', async () => {
    await workbench.file('api/api.go', lines.greeting);
    await workbench.replaceLine('const greting = "welcome"');
    await workbench.status(/failed/);
    await workbench.page.locator('.squiggly-error').first().waitFor();
    await workbench.command('View: Focus Problems');
    await workbench.page.locator('.markers-panel-container .monaco-list-row', { hasText: 'undefined: greeting' }).first().click();
    await workbench.page.locator('.statusbar-item', { hasText: `Ln ${lines.answer}` }).waitFor();
    await workbench.page.locator('.squiggly-error').first().waitFor();
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
    await workbench.command('View: Show Run and Debug'); // views that open at a stop do not show its frame
    await until('the breakpoint to be set', async () => /"verified":\s*true/.test(await editor.hotdev(folder.shop, 'break', 'list', '--json')));
    const stopped = page.locator('.debug-top-stack-frame-line, .codicon-debug-stackframe').first();
    const first = hello();
    await stopped.waitFor();
    await page.locator('.debug-toolbar [aria-label^="Reload Now"]').waitFor();
    await page.locator('.debug-call-stack .monaco-list-row', { hasText: 'api.hello' }).first().waitFor();
    await page.locator('.debug-variables .monaco-list-row', { hasText: 'gin.Context' }).first().waitFor();
    await workbench.command('View: Focus Active Editor Group'); // a button with the focus may show its tooltip
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
    await workbench.views();
    await workbench.page.locator(hotdevItem).click();
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Open Terminal of the App' }).waitFor();
    await workbench.picture('menu');
    await workbench.pick('Stop');
    await workbench.status(/stopped/);
    await assert.rejects(hello());
  });

  test('the walkthrough leads through its four steps', async () => {
    await workbench.command('Welcome: Open Walkthrough...');
    await workbench.pick('Get Started with Hotdev');
    const steps = workbench.page.locator('.gettingStartedContainer .getting-started-step');
    await steps.filter({ hasText: 'Debug over reloads' }).waitFor();
    assert.equal(await steps.count(), 4);
    await steps.filter({ hasText: 'Edit and save' }).click();
    await steps.locator('.monaco-button', { hasText: 'Show the reloads' }).click();
    await workbench.row(/rev 1.*new version/).waitFor();
  });

  test('activation takes 50 ms of the extension host at most', async () => {
    const times: number[] = [];
    for (let tries = 0; tries < 5 && Math.min(...times) > 50; tries++) {
      if (tries > 0) await workbench.reload();
      const text = await until('the activation', () => workbench.runningExtension('Hotdev'));
      times.push(Number(/Activation: (\d+)ms/.exec(text)?.[1]));
    }
    const took = `activation took ${times.map((ms) => ms.toFixed(0)).join(', ')} ms`;
    console.log(took); // passed, too: how near to the limit is of interest
    assert.ok(Math.min(...times) <= 50, took);
  });
});
