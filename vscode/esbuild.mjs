// Builds the extension into dist/, and with --tests the suites into out/.
import { readdir, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const { values } = parseArgs({ options: { tests: { type: 'boolean', default: false } } });
const node = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', logLevel: 'warning' };

/** What is imported when it is needed, src/client.ts with the LSP library, is a file of its own: activation does not read it. */
const later = {
  name: 'later',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/client\.js$/ }, ({ kind }) => (kind === 'dynamic-import' ? { path: './client.js', external: true } : undefined)),
};

await rm('dist', { recursive: true, force: true });
await build({
  ...node,
  entryPoints: ['src/main.ts', 'src/client.ts'],
  outdir: 'dist',
  external: ['vscode'],
  plugins: [later],
  minify: true,
  keepNames: true,
  legalComments: 'none',
});

if (values.tests) {
  await rm('out', { recursive: true, force: true });
  const files = await readdir('test', { recursive: true });
  await build({
    ...node,
    entryPoints: files.filter((file) => /(\.test|\/run|\/launch)\.ts$/.test(file)).map((file) => `test/${file}`),
    outdir: 'out',
    outbase: 'test',
    external: ['vscode', 'mocha', 'playwright-core'],
    sourcemap: 'inline',
  });
}
