/** Runs the journeys: `node out/ui/run.js`. */

import Mocha from 'mocha';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { reporting } from '../reporter.js';

const mocha = new Mocha({ ...reporting({ suite: 'journeys' }), timeout: 300_000 });
for (const name of readdirSync(__dirname).sort()) if (name.endsWith('.test.js')) mocha.addFile(path.join(__dirname, name));
mocha.run((failures) => process.exit(failures === 0 ? 0 : 1));
