// What the packed extension does in workspaces of other kinds.

import * as assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { Editor, makeWorkspace } from '../editor.js';
import { hotdevItem, pictureOfFailure, Workbench } from './workbench.js';

suite('a workspace that is not trusted', () => {
  let editor: Editor;
  let shop: string;
  let workbench: Workbench;

  suiteSetup(async () => {
    editor = await Editor.start({ vsix: [path.resolve('hotdev.vsix')], trust: 'on', settings: { 'security.workspace.trust.startupPrompt': 'never' } });
    ({ shop } = await makeWorkspace(editor));
    workbench = await Workbench.open(editor, shop, '.statusbar-item:has-text("Restricted Mode")');
  });

  suiteTeardown(() => editor.stop(shop));

  pictureOfFailure(() => workbench);

  test('has no extension, and nothing is spawned', async () => {
    await workbench.file('api/api.go');
    assert.equal(await workbench.runningExtension('Hotdev'), undefined);
    assert.equal(await workbench.page.locator(hotdevItem).count(), 0);
    assert.deepEqual(editor.daemons(), []);
  });

  test('has it once it is trusted', async () => {
    await workbench.command('Workspaces: Manage Workspace Trust');
    await workbench.page.locator('.workspace-trust-editor .workspace-trust-buttons-row .monaco-button', { hasText: /^Trust$/ }).click();
    await workbench.status(/shop idle/);
    assert.notDeepEqual(editor.daemons(), []);
  });
});

suite('a folder without a go.mod', () => {
  let editor: Editor;
  let workbench: Workbench;

  suiteSetup(async () => {
    editor = await Editor.start({ vsix: [path.resolve('hotdev.vsix')] });
    workbench = await Workbench.open(editor, path.resolve('src'), '.statusbar-item:has-text("Layout:")');
  });

  suiteTeardown(() => editor.stop());

  pictureOfFailure(() => workbench);

  test('activates nothing', async () => {
    await workbench.file('main.ts');
    assert.equal(await workbench.runningExtension('Hotdev'), undefined);
    assert.deepEqual(editor.daemons(), []);
  });
});

suite('a workspace of two folders', () => {
  let editor: Editor;
  let folders: { shop: string; echo: string };
  let workbench: Workbench;

  suiteSetup(async () => {
    editor = await Editor.start({ vsix: [path.resolve('hotdev.vsix')] });
    folders = await makeWorkspace(editor);
    const file = path.join(editor.dir, 'both.code-workspace');
    writeFileSync(file, JSON.stringify({ folders: [{ path: folders.shop }, { path: folders.echo }] }));
    workbench = await Workbench.open(editor, file);
  });

  suiteTeardown(() => editor.stop(folders.shop, folders.echo));

  pictureOfFailure(() => workbench);

  test('serves both; views and commands are about the file in the editor, or what is chosen', async () => {
    await workbench.file('api/api.go');
    await workbench.status(/shop idle/);
    await workbench.views();
    const others = workbench.row('Other apps');
    await others.click();
    const echo = workbench.row(/^echo\s*idle/);
    await echo.click();
    await workbench.status(/echo idle/);
    await workbench.act(workbench.row(/^idle/), 'Start');
    await workbench.status(/echo rev \d+/);
    await workbench.file('pages/pages.go');
    await workbench.status(/shop idle/);
    await workbench.row(/^echo\s*running/).waitFor();
  });
});
