/** Runs the unit tests in plain Node: `node out/unit/run.js`. */

import Mocha from 'mocha';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { reporting } from '../reporter.js';

const mocha = new Mocha({ ...reporting({ suite: 'unit' }), timeout: 10_000 });
for (const file of readdirSync(__dirname)) if (file.endsWith('.test.js')) mocha.addFile(path.join(__dirname, file));
mocha.run((failures) => process.exit(failures === 0 ? 0 : 1));
