import * as assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Backoff } from '../../src/backoff.js';
import { withoutDuplicates } from '../../src/duplicates.js';
import { openParameter, parameterIn, responseDocument, send } from '../../src/http.js';
import { LineInput } from '../../src/lineinput.js';
import { appRoots, innermost } from '../../src/roots.js';
import { candidates, findServer } from '../../src/server.js';

suite('backoff', () => {
  test('doubles up to the longest, and starts anew after a healthy life', () => {
    const backoff = new Backoff(500, 4000, 60_000);
    assert.deepEqual([0, 0, 0, 0, 0].map((lived) => backoff.next(lived)), [500, 1000, 2000, 4000, 4000]);
    assert.equal(backoff.next(60_000), 500);
    assert.equal(backoff.next(59_999), 1000);
  });
});

suite('apps of a workspace', () => {
  const dirs = (files: string[], folders: string[]) => appRoots(files, folders).map((root) => `${root.dir}${root.eager ? ' eager' : ''}`);

  test('a module is one app', () => {
    assert.deepEqual(dirs(['/ws/go.mod'], ['/ws']), ['/ws eager']);
  });

  test('the only module somewhere below is served at once too', () => {
    assert.deepEqual(dirs(['/ws/server/go.mod'], ['/ws']), ['/ws/server eager']);
  });

  test('of several modules, those wait that are no folder and have no hotdev.toml', () => {
    assert.deepEqual(dirs(['/ws/b/go.mod', '/ws/a/go.mod', '/ws/shop/go.mod', '/ws/shop/hotdev.toml'], ['/ws']), ['/ws/shop eager', '/ws/a', '/ws/b']);
  });

  test('the modules of a go.work are one app, but for those with a hotdev.toml', () => {
    assert.deepEqual(dirs(['/ws/go.work', '/ws/a/go.mod', '/ws/b/go.mod', '/ws/b/hotdev.toml'], ['/ws']), ['/ws eager', '/ws/b eager']);
  });

  test('every folder of a multi-root workspace has its own', () => {
    assert.deepEqual(dirs(['/x/go.mod', '/y/go.mod'], ['/x', '/y']), ['/x eager', '/y eager']);
  });

  test('a file belongs to the innermost app', () => {
    const roots = ['/ws', '/ws/demo', '/ws/de'];
    const of = (file: string) => innermost(file, roots, (root) => root);
    assert.deepEqual([of('/ws/demo/a.go'), of('/ws/demo'), of('/ws/b.go'), of('/other/c.go')], ['/ws/demo', '/ws/demo', '/ws', undefined]);
  });
});

suite('the server', () => {
  const base = { setting: '', env: {}, platform: 'linux' as const, home: '/home/me' };

  test('a setting leaves nothing else to look at', () => {
    assert.deepEqual(candidates({ ...base, setting: '~/bin/hotdev', env: { PATH: '/usr/bin' } }), ['/home/me/bin/hotdev']);
  });

  test('PATH, then GOBIN, then GOPATH, each directory once', () => {
    const env = { PATH: '/usr/bin:relative:/gobin', GOBIN: '/gobin', GOPATH: '/p:/q' };
    assert.deepEqual(candidates({ ...base, env }), ['/usr/bin/hotdev', '/gobin/hotdev', '/p/bin/hotdev', '/q/bin/hotdev']);
  });

  test('the default GOPATH, and the names of Windows', () => {
    assert.deepEqual(candidates(base), ['/home/me/go/bin/hotdev']);
    const windows = candidates({ ...base, platform: 'win32', home: 'C:\\me', env: { Path: 'C:\\a;C:\\b' } });
    assert.deepEqual(windows, ['C:\\a\\hotdev.exe', 'C:\\b\\hotdev.exe', 'C:\\me\\go\\bin\\hotdev.exe']);
  });

  test('what can not be executed is not found', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'hotdev-'));
    try {
      const file = path.join(dir, 'hotdev');
      writeFileSync(file, '#!/bin/sh\n');
      chmodSync(file, 0o644);
      assert.equal(await findServer({ ...base, setting: file }), undefined);
      chmodSync(file, 0o755);
      assert.equal(await findServer({ ...base, setting: file }), file);
      assert.equal(await findServer({ ...base, home: dir, env: { PATH: `/nowhere:${dir}` } }), file);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

suite('duplicates', () => {
  const at = (line: number) => ({ start: { line } });
  const ours = { source: 'hotdev', code: 'type-error', message: 'undefined: x', range: at(4) };
  const theirs = { source: 'compiler', message: 'undefined:  x', range: at(4), isError: true };

  test('an error that another shows on the line is hidden', () => {
    assert.deepEqual(withoutDuplicates([ours], [theirs]), []);
    assert.deepEqual(withoutDuplicates([ours], [{ ...theirs, message: 'not declared' }]), []);
  });

  test('on another line, or only a hint with other words, it stays', () => {
    assert.deepEqual(withoutDuplicates([ours], [{ ...theirs, range: at(5) }]), [ours]);
    assert.deepEqual(withoutDuplicates([ours], [{ ...theirs, message: 'could be simpler', isError: false }]), [ours]);
  });

  test('our own do not hide each other, and a panic is never hidden', () => {
    assert.deepEqual(withoutDuplicates([ours], [{ ...ours, isError: true }]), [ours]);
    const panic = { ...ours, code: 'panic' };
    assert.deepEqual(withoutDuplicates([panic], [theirs]), [panic]);
  });
});

suite('line input', () => {
  const take = (...keys: string[]) => {
    const input = new LineInput();
    return keys.flatMap((key) => input.take(key)).map((act) => ('text' in act ? `${act.kind} ${JSON.stringify(act.text)}` : act.kind));
  };

  test('characters are echoed, Enter gives the line', () => {
    assert.deepEqual(take('h', 'ü', '\r'), ['echo "h"', 'echo "ü"', 'echo "\\r\\n"', 'line "hü\\n"']);
  });

  test('Backspace takes back one character, and nothing more than there is', () => {
    assert.deepEqual(take('a😀', '\u007f', '\u007f', '\u007f', '\r').slice(2), ['echo "\\b \\b"', 'echo "\\b \\b"', 'echo "\\r\\n"', 'line "\\n"']);
  });

  test('Ctrl+U takes back all, Ctrl+D ends or gives what is there, Ctrl+C interrupts', () => {
    assert.deepEqual(take('ab', '\u0015', '\u0004'), ['echo "a"', 'echo "b"', 'echo "\\b \\b\\b \\b"', 'end']);
    assert.deepEqual(take('a', '\u0004'), ['echo "a"', 'line "a"']);
    assert.deepEqual(take('a', '\u0003', '\r'), ['echo "a"', 'echo "^C\\r\\n"', 'interrupt', 'echo "\\r\\n"', 'line "\\n"']);
  });

  test('a paste gives its lines; arrow keys give nothing', () => {
    assert.deepEqual(take('a\nb\n').filter((act) => act.startsWith('line')), ['line "a\\n"', 'line "b\\n"']);
    assert.deepEqual(take('\u001b[A', '\u001bOP'), []);
  });
});

suite('requests', () => {
  test('parameters of a path', () => {
    assert.equal(parameterIn('/api/hello'), undefined);
    assert.deepEqual(parameterIn('/items/:id/x'), { start: 7, end: 10 });
    assert.deepEqual(parameterIn('/static/*filepath'), { start: 8, end: 17 });
  });

  test('a path is complete when no parameter is left', () => {
    assert.equal(openParameter('/items/:id', '/items/:id?x=1'), 'Replace :id by a value.');
    assert.equal(openParameter('/items/:id', '/items/7?at=12:30'), undefined);
    assert.equal(openParameter('/items/:id', 'items/7'), 'A path begins with /.');
  });

  test('a JSON body is sent as such, and the response becomes a document', async () => {
    const server = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => (body += String(chunk)));
      req.on('end', () => res.writeHead(201, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify({ type: req.headers['content-type'], body })));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;
      const response = await send({ method: 'POST', url, body: '{"item":"tea"}' }, AbortSignal.timeout(5000));
      assert.equal(response.status, '201 Created');
      const document = responseDocument('POST /orders', response);
      assert.equal(document.language, 'jsonc');
      assert.match(document.content, /^\/\/ POST \/orders → 201 Created · /);
      assert.match(document.content, /"type": "application\/json",\n {2}"body": "{\\"item\\":\\"tea\\"}"/);
    } finally {
      server.close();
    }
  });

  test('a redirect is shown, a stream without end is cut by the signal', async () => {
    const server = createServer((req, res) => {
      if (req.url === '/moved') res.writeHead(302, { location: '/there' }).end();
      else res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      assert.equal((await send({ method: 'GET', url: `${base}/moved`, body: undefined }, AbortSignal.timeout(5000))).status, '302 Found');
      const stream = await send({ method: 'GET', url: `${base}/events`, body: undefined }, AbortSignal.timeout(300));
      assert.deepEqual([stream.body, stream.truncated], ['data: 1\n\n', true]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
