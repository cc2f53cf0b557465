/** What the extension host loads and runs. */

import Mocha from 'mocha';
import { appendFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { reporting } from '../reporter.js';

export function run(): Promise<void> {
  const file = process.env['HOTDEV_TEST_REPORT'];
  if (file !== undefined) appendFileSync(file, ''); // whoever has launched this sees that it has begun
  const mocha = new Mocha({ ...reporting({ suite: 'in the editor', ...(file === undefined ? {} : { file }) }), timeout: 300_000 });
  for (const name of readdirSync(__dirname).sort()) if (name.endsWith('.test.js')) mocha.addFile(path.join(__dirname, name));
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures === 0 ? resolve() : reject(new Error(`${failures} tests have failed`))));
  });
}
