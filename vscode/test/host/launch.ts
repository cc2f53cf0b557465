/** Runs the suite in run.ts inside the extension host of a real editor: `node out/host/launch.js`. */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { artifacts, Editor, makeWorkspace } from '../editor.js';

/** How long it may take until the suite has begun, and has ended, in milliseconds. */
const limits = { begin: 240_000, end: 1_500_000 };

/** A busy code-server sometimes loses the connection to its extension host: so often is the suite begun. */
const tries = 3;

/** How a run has ended: with an exit code, or as the extension host was lost. */
type End = number | 'lost';

async function main(): Promise<number> {
  const report = path.join(artifacts(), 'host.txt');
  try {
    for (let n = 1; ; n++) {
      rmSync(report, { force: true });
      const end = await once(report);
      if (end !== 'lost') return end;
      if (n === tries) throw new Error(`code-server has lost its extension host ${tries} times`);
      console.log('code-server has lost its extension host: the suite begins anew');
    }
  } finally {
    process.stdout.write(readFileSync(report, { encoding: 'utf8', flag: 'a+' }));
  }
}

/** Runs the suite in an editor and a workspace of its own. */
async function once(report: string): Promise<End> {
  const editor = await Editor.start({ automation: true, env: { HOTDEV_TEST_REPORT: report, GOSUMDB: 'off' } });
  const { folder, shop, echo } = await makeWorkspace(editor);
  const over = new AbortController();
  try {
    const page = await editor.page();
    const end = await Promise.race([exit(page, editor, folder), dialog(page), hangs(report, over.signal)]);
    if (end !== 0) await page.screenshot({ path: path.join(artifacts(), `host-${end === 'lost' ? 'lost' : 'end'}.png`) });
    return end;
  } finally {
    over.abort();
    await editor.stop(shop, echo);
  }
}

/** Opens the folder with the suite, and waits for its exit code. */
function exit(page: Page, editor: Editor, folder: string): Promise<End> {
  const authority = new URL(editor.url).host;
  const remote = (file: string) => `vscode-remote://${authority}${path.resolve(file)}`;
  const payload = [
    ['extensionDevelopmentPath', remote('.')],
    ['extensionTestsPath', remote('out/host/run.js')],
  ];
  return new Promise((resolve, reject) => {
    // The names that the workbench calls.
    page
      .exposeFunction('codeAutomationLog', () => undefined)
      .then(() => page.exposeFunction('codeAutomationExit', resolve))
      .then(() => page.goto(`${editor.url}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`))
      .catch(reject);
  });
}

/** Waits for the workbench to say that it has lost its server. */
async function dialog(page: Page): Promise<End> {
  await page
    .locator('.monaco-dialog-box', { hasText: /reconnect/i })
    .first()
    .waitFor({ timeout: limits.end });
  return 'lost';
}

/** Waits as long as the suite may take; where it has not begun in time, the extension host is lost. */
async function hangs(report: string, signal: AbortSignal): Promise<End> {
  await delay(limits.begin, undefined, { signal });
  if (!existsSync(report)) return 'lost';
  await delay(limits.end - limits.begin, undefined, { signal });
  throw new Error(`the suite has not ended after ${limits.end / 1000} s`);
}

main().then(
  (code) => process.exit(code),
  (err: unknown) => {
    console.error(err);
    process.exit(1);
  },
);
