// Holds package.json and the README to each other and to what the .vsix has.

import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
  readonly icon: string;
  readonly license: string;
  readonly main: string;
  readonly extensionKind: readonly string[];
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { supported: boolean }; readonly virtualWorkspaces: { supported: boolean } };
  readonly contributes: {
    readonly commands: readonly { command: string; title: string; icon?: string }[];
    readonly menus: Readonly<Record<string, readonly { command: string; when: string; group?: string }[]>>;
    readonly keybindings: readonly { command: string }[];
    readonly views: { readonly hotdev: readonly { id: string }[] };
    readonly viewsWelcome: readonly { contents: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, { default: unknown; scope?: string; markdownDescription?: string }>> };
    readonly walkthroughs: readonly { steps: readonly { id: string; description: string; media: { markdown: string }; completionEvents: readonly string[] }[] }[];
  };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const { contributes } = manifest;
const readme = readFileSync('README.md', 'utf8');
const commands = contributes.commands.map(({ command }) => command);
const views = contributes.views.hotdev.map(({ id }) => id);

/** The names of the files in a .vsix, which is a ZIP archive: those of its central directory. */
function packed(file: string): string[] {
  const zip = readFileSync(file);
  const end = zip.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let n = zip.readUInt16LE(end + 10); n > 0; n--) {
    const [name, extra, comment] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    names.push(zip.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}

/** The commands that links of a text run. */
function linked(text: string): string[] {
  return [...text.matchAll(/\]\(command:([\w.]+)/g)].map(([, id]) => id ?? '');
}

function exists(command: string): boolean {
  return commands.includes(command) || views.some((id) => command === `${id}.focus`) || command.startsWith('workbench.');
}

suite('the manifest', () => {
  const files = packed('hotdev.vsix');

  test('it runs where the workspace is, and in none that is not trusted', () => {
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, false);
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
  });

  test('only a go.mod and our debug type activate it', () => {
    assert.deepEqual(manifest.activationEvents, ['workspaceContains:**/go.mod', 'onDebugResolve:hotdev', 'onDebugDynamicConfigurations:hotdev']);
  });

  test('the program, the icon, the licence and the change log are packed, and nothing of the sources', () => {
    for (const file of [manifest.main.replace('./', ''), manifest.icon, 'LICENSE.txt', 'changelog.md', 'readme.md']) {
      assert.ok(files.includes(`extension/${file}`), `${file} is not among ${files.join(', ')}`);
    }
    assert.deepEqual(files.filter((file) => /\/(src|test|out|node_modules|pictures)\//.test(file)), []);
    assert.equal(manifest.license, 'MIT');
    assert.match(readFileSync('LICENSE', 'utf8'), /^MIT License/);
  });

  test('the change log has this version first', () => {
    const [newest] = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## (.+)$/gm)];
    assert.equal(newest?.[1], manifest.version);
  });

  test('the walkthrough has four steps, each with a packed page, a command and an end', () => {
    const [walkthrough, ...others] = contributes.walkthroughs;
    assert.deepEqual(walkthrough?.steps.map(({ id }) => id), ['install', 'start', 'edit', 'debug']);
    assert.deepEqual(others, []);
    for (const { id, description, media, completionEvents } of walkthrough?.steps ?? []) {
      assert.ok(files.includes(`extension/${media.markdown}`), `the page of ${id} is not packed`);
      assert.notDeepEqual(linked(description), [], id);
      assert.notDeepEqual(completionEvents, [], id);
      const ends = completionEvents.filter((event) => event.startsWith('onCommand:')).map((event) => event.replace('onCommand:', ''));
      assert.deepEqual([...linked(description), ...ends].filter((command) => !exists(command)), [], id);
    }
  });

  test('menus, keys and welcome texts name commands that there are', () => {
    const named = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(({ command }) => command);
    const links = contributes.viewsWelcome.flatMap(({ contents }) => linked(contents));
    assert.deepEqual([...named, ...links].filter((command) => !exists(command)), []);
  });

  test('each of the three views has actions on its rows, and these have icons', () => {
    const inline = (contributes.menus['view/item/context'] ?? []).filter(({ group }) => group?.startsWith('inline'));
    assert.deepEqual(views.filter((view) => !inline.some(({ when }) => when.includes(`view == ${view} `))), []);
    assert.deepEqual(inline.filter(({ command }) => contributes.commands.find((c) => c.command === command)?.icon === undefined), []);
  });

  test('the README tells of every setting with its default, and of no other', () => {
    const rows = [...readme.matchAll(/^\| `(hotdev\.[\w.]+)` \|.*\| (.+) \|$/gm)].map(([, name, value]) => [name, value]);
    const { properties } = contributes.configuration;
    assert.deepEqual(rows.map(([name]) => name).sort(), Object.keys(properties).sort());
    for (const [name = '', value = ''] of rows) {
      const setting = properties[name];
      assert.ok(setting?.scope && setting.markdownDescription, `${name} has a scope and a description`);
      if (setting.default !== '') assert.equal(value, `\`${String(setting.default)}\``, name);
    }
  });

  test('the README shows the pictures that the journeys take, and no other', () => {
    const shown = [...readme.matchAll(/\]\(media\/pictures\/([\w-]+\.png)\)/g)].map(([, name]) => name ?? '');
    const taken = /\{([\w,]+)\}\.png media\/pictures/.exec(readFileSync('test.sh', 'utf8'))?.[1]?.split(',').map((name) => `${name}.png`);
    assert.deepEqual(shown.sort(), readdirSync('media/pictures').sort());
    assert.deepEqual(shown, taken?.sort());
  });
});
