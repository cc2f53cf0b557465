import * as assert from 'node:assert/strict';
import { stripAnsi } from '../../src/ansi.js';
import { count, duration, phases, routeNumbers, title } from '../../src/phrases.js';
import { placesIn } from '../../src/places.js';
import { Reload, Route, Status } from '../../src/protocol.js';
import { report } from '../../src/report.js';
import { possible, statusView, tooltip, waiting } from '../../src/statusview.js';

suite('phrases', () => {
  test('durations', () => {
    assert.deepEqual([0, 0.25, 1.5, 9.94, 10.4, 398.5, 2412].map(duration), ['0 ms', '0.3 ms', '1.5 ms', '9.9 ms', '10 ms', '399 ms', '2.4 s']);
  });

  test('numbers of things', () => {
    assert.deepEqual([count(0, 'error'), count(1, 'error'), count(2, 'error')], ['0 errors', '1 error', '2 errors']);
  });

  test('a route tells its numbers once it has some', () => {
    assert.equal(routeNumbers(Route.decode({})), '');
    assert.equal(routeNumbers(Route.decode({ hits: 1, p50: 1.5 })), '1 hit · p50 1.5 ms');
    assert.equal(routeNumbers(Route.decode({ hits: 3, p50: 12, errors: 1 })), '3 hits · p50 12 ms · 1 error');
  });

  test('a rollback is called by the version that it goes back to', () => {
    assert.deepEqual([{ rev: 2 }, { rev: 2, backTo: 1, outcome: 'rolledBack' }].map((r) => title(Reload.decode(r))), ['rev 2', 'back to rev 1']);
  });

  test('phases that did not take place are left out', () => {
    assert.deepEqual(phases({ queue: 0, check: 0, compile: 300, link: 90, launch: 0, ready: 21, firstResponse: 0 }), [
      ['compile', 300],
      ['link', 90],
      ['ready', 21],
    ]);
  });
});

suite('places', () => {
  const found = (text: string) => placesIn(text).map((p) => [text.slice(p.start, p.start + p.length), p.file, p.line, p.column]);

  test('relative, absolute and Windows paths, with and without a column', () => {
    assert.deepEqual(found('api/api.go:12: low'), [['api/api.go:12', 'api/api.go', 12, undefined]]);
    assert.deepEqual(found('\t/ws/a.go:3:7 +0x1d'), [['/ws/a.go:3:7', '/ws/a.go', 3, 7]]);
    assert.deepEqual(found('at C:\\ws\\a.go:3'), [['C:\\ws\\a.go:3', 'C:\\ws\\a.go', 3, undefined]]);
  });

  test('several in a line, and none in addresses and times', () => {
    assert.deepEqual(found('a.go:1 b.go:2').map((p) => p[0]), ['a.go:1', 'b.go:2']);
    assert.deepEqual(found('2026/11/24 16:00:01 listening on localhost:8080'), []);
  });
});

suite('ansi', () => {
  test('colours, titles and two-byte sequences go', () => {
    assert.equal(stripAnsi('\u001b[31mlow\u001b[0m \u001b]0;title\u0007& \u001b(B<ü>'), 'low & <ü>');
  });
});

suite('status', () => {
  const status = (members: object) => Status.decode({ app: 'example.com/shop', rev: 8, ...members });
  const view = (members: object, lastReload?: object) =>
    statusView({ name: 'shop', link: { kind: 'connecting' }, status: status(members), lastReload: lastReload && Reload.decode(lastReload) });

  test('running tells the version and how long its reload took', () => {
    assert.equal(view({ state: 'running', running: { rev: 8 } }, { rev: 8, total: 398.5 }).text, '$(flame) shop rev 8 · 399 ms');
  });

  test('running does not tell the time of a reload that another version came from', () => {
    assert.equal(view({ state: 'running', running: { rev: 7 } }, { rev: 8, total: 3 }).text, '$(flame) shop rev 7');
  });

  test('a failed build is an error, and says that the older version serves', () => {
    const failed = view({ state: 'failed', message: '1 error', diagnostics: 1, running: { rev: 7 } });
    assert.equal(failed.text, '$(error) shop rev 8 failed · $(warning) 1');
    assert.equal(failed.severity, 'error');
    assert.equal(failed.detail, 'failed: 1 error; rev 7 goes on serving; 1 problem');
  });

  test('builds are busy', () => {
    assert.deepEqual([view({ state: 'building' }).busy, view({ state: 'running' }).busy], [true, false]);
    assert.equal(view({ state: 'building' }).text, '$(sync~spin) shop building');
  });

  test('without a connection it says why', () => {
    const down = statusView({ name: 'shop', link: { kind: 'down', reason: 'no go.mod' }, status: undefined, lastReload: undefined });
    assert.deepEqual([down.severity, down.detail], ['warning', 'no go.mod']);
  });

  test('what does not run can be started, what is not at rest stopped', () => {
    const can = (members: object) => Object.entries(possible(status(members))).flatMap(([what, yes]) => (yes ? [what] : []));
    assert.deepEqual(['idle', 'stopped', 'crashed'].map((state) => can({ state })), [['start'], ['start'], ['start']]);
    assert.deepEqual(['building', 'failed'].map((state) => can({ state })), [['start', 'stop'], ['start', 'stop']]);
    assert.deepEqual(['building', 'failed', 'running', 'paused'].map((state) => can({ state, running: { rev: 7 } })), [['stop'], ['stop'], ['stop'], ['stop']]);
    assert.deepEqual(['starting', 'paused'].map((state) => can({ state })), [['stop'], ['stop']]);
    assert.deepEqual(possible(undefined), { start: true, stop: false });
  });

  test('a version waits for a paused app, saves for one that withholds them', () => {
    assert.equal(waiting(status({ state: 'paused', message: 'rev 8 is built, waiting for you' })), 'rev 8 is built, waiting for you');
    assert.equal(waiting(status({ state: 'paused' })), undefined);
    assert.equal(waiting(status({ state: 'failed', message: '1 error', hold: { clients: 1, withheld: 0 } })), undefined);
    assert.equal(waiting(status({ state: 'running', hold: { clients: 1, withheld: 1 } })), '1 saved file waits');
    assert.equal(waiting(status({ state: 'failed', message: '1 error', hold: { clients: 0, withheld: 3 } })), '3 saved files wait');
  });

  test('the tooltip is safe Markdown', () => {
    const lines = tooltip({ name: 'shop', link: { kind: 'off' }, status: status({ state: 'failed', message: '[x](command:y)' }), lastReload: undefined });
    assert.ok(lines.some((line) => line.includes('\\[x\\]\\(command:y\\)')), lines.join('\n'));
  });
});

suite('report', () => {
  test('names the files, timings and errors of a reload relative to its app', () => {
    const reload = Reload.decode({
      rev: 8,
      time: '2026-11-24T16:02:00.000Z',
      reason: 'api/api.go was saved',
      files: ['/ws/api/api.go'],
      outcome: 'buildFailed',
      message: '1 error',
      phases: { queue: 12, compile: 310 },
      total: 322,
      diagnostics: [{ file: '/ws/api/api.go', line: 12, col: 5, severity: 'error', message: 'undefined: x', related: [{ file: '/ws/b.go', line: 3, message: 'declared here' }] }],
    });
    assert.equal(
      report(reload, '/ws'),
      [
        'rev 8: build failed, 322 ms',
        '2026-11-24T16:02:00.000Z, api/api.go was saved',
        '1 error',
        '',
        '@@ changed files @@',
        '- api/api.go',
        '',
        '@@ timings @@',
        '  wait        12 ms',
        '  compile    310 ms',
        '',
        '@@ errors @@',
        '! api/api.go:12:5: error: undefined: x',
        '    b.go:3: declared here',
        '',
      ].join('\n'),
    );
  });
});
