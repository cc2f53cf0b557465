// The packed extension beside that of the Go team.

import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { Editor, makeWorkspace } from '../editor.js';
import { lines, pictureOfFailure, Workbench } from './workbench.js';

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

  pictureOfFailure(() => workbench);

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
    await workbench.pick('Hotdev');
    await page.locator('.debug-toolbar').waitFor();
    await workbench.status(/shop rev/);
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  });
});
