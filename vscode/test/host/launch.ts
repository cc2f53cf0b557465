/** Runs the suite in run.ts inside the extension host of a real editor: `node out/host/launch.js`. */

import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { artifacts, Editor, makeWorkspace } from '../editor.js';

/** How long the whole suite may take, in milliseconds. */
const limit = 600_000;

async function main(): Promise<number> {
  const report = path.join(artifacts(), 'host.txt');
  const editor = await Editor.start({ automation: true, env: { HOTDEV_TEST_REPORT: report, GOSUMDB: 'off' } });
  const { folder, shop, echo } = await makeWorkspace(editor);
  try {
    const authority = new URL(editor.url).host;
    const remote = (file: string) => `vscode-remote://${authority}${path.resolve(file)}`;
    const payload = [
      ['extensionDevelopmentPath', remote('.')],
      ['extensionTestsPath', remote('out/host/run.js')],
    ];
    const page = await editor.page();
    const code = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => {
        void page.screenshot({ path: path.join(artifacts(), 'host-timeout.png') }).finally(() => reject(new Error(`the suite has not ended after ${limit / 1000} s`)));
      }, limit);
      // The names that the workbench calls.
      void page
        .exposeFunction('codeAutomationLog', () => undefined)
        .then(() => page.exposeFunction('codeAutomationExit', (exit: number) => (clearTimeout(timer), resolve(exit))))
        .then(() => page.goto(`${editor.url}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`))
        .catch(reject);
    });
    if (code !== 0) await page.screenshot({ path: path.join(artifacts(), 'host-end.png') });
    return code;
  } finally {
    await editor.stop(shop, echo);
    process.stdout.write(readFileSync(report, { encoding: 'utf8', flag: 'a+' }));
  }
}

main().then(
  (code) => process.exit(code),
  (err: unknown) => {
    console.error(err);
    process.exit(1);
  },
);
