// Holds src/protocol.ts to rpc/protocol: its golden files, and its Go source for
// which members may be absent and which words there are.

import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as protocol from '../../src/protocol.js';
import type { ObjectShape, Shape } from '../../src/shape.js';

const goPackage = path.resolve('../rpc/protocol');
const goldenDir = path.join(goPackage, 'testdata/golden');
const source = readFileSync(path.join(goPackage, 'hotdev.go'), 'utf8');
const shapes = protocol as unknown as Readonly<Record<string, ObjectShape<Record<string, Shape<unknown> & { optional?: true }>> | undefined>>;

const goldens = readdirSync(goldenDir).map((file) => path.basename(file, '.json'));

function golden(name: string): unknown {
  return JSON.parse(readFileSync(path.join(goldenDir, `${name}.json`), 'utf8'));
}

/** The members of a Go struct: JSON name → whether it may be absent. */
function goMembers(name: string): Record<string, boolean> {
  const body = new RegExp(`^type ${name} struct \\{\\n(.*?)^\\}`, 'ms').exec(source)?.[1];
  assert.ok(body !== undefined, `rpc/protocol/hotdev.go has no struct ${name}`);
  return Object.fromEntries([...body.matchAll(/`json:"(\w+)(,omitzero)?"`/g)].map((match) => [match[1], match[2] !== undefined]));
}

/** The values of the Go constants of a type. */
function goWords(type: string): string[] {
  return [...source.matchAll(new RegExp(`^\\s+\\w+\\s+${type} += "(\\w+)"`, 'gm'))].map((match) => match[1] ?? '');
}

suite('protocol', () => {
  for (const name of goldens) {
    test(`${name} decodes its golden file to the same`, () => {
      const shape = shapes[name];
      assert.ok(shape !== undefined, `src/protocol.ts has no ${name}`);
      assert.deepEqual(shape.decode(golden(name)), golden(name));
    });

    test(`${name} has the members of the Go type, absent where they may be`, () => {
      const members = Object.entries(shapes[name]?.members ?? {}).map(([member, shape]) => [member, shape.optional === true]);
      assert.deepEqual(Object.fromEntries(members), goMembers(name));
    });
  }

  test('no shape is left from a type that is gone', () => {
    const objects = Object.entries(protocol).filter(([, value]) => typeof value === 'object' && 'members' in value);
    assert.deepEqual(objects.map(([name]) => name).sort(), [...goldens].sort());
  });

  test('states and outcomes are those of the Go constants', () => {
    assert.deepEqual([...protocol.State.words], goWords('State'));
    assert.deepEqual([...protocol.Outcome.words], goWords('Outcome'));
  });

  test('the version is that of the Go package', () => {
    const version = /ProtocolVersion = (\d+)/.exec(readFileSync(path.join(goPackage, 'lsp.go'), 'utf8'))?.[1];
    assert.equal(protocol.protocolVersion, Number(version));
  });
});

suite('shape', () => {
  test('absent members are zero values, or undefined where they are optional', () => {
    const status = protocol.Status.decode({ state: 'idle' });
    assert.equal(status.rev, 0);
    assert.equal(status.app, '');
    assert.deepEqual(status.debug, { mode: '', state: '', clients: 0 });
    assert.equal(status.running, undefined);
    assert.ok(!('running' in status));
  });

  test('unknown members are dropped, unknown words let through', () => {
    const reload = protocol.Reload.decode({ outcome: 'teleported', mood: 'good' });
    assert.equal(reload.outcome, 'teleported');
    assert.ok(!('mood' in reload));
  });

  test('a member of another type is an error that names it', () => {
    assert.throws(() => protocol.LogParams.decode({ entries: [{ seq: 1 }, { seq: 'two' }] }), /^ShapeError: entries\[1\]\.seq is string instead of a number$/);
    assert.throws(() => protocol.Status.decode(null), /^ShapeError: the message is null instead of an object$/);
    assert.throws(() => protocol.Reload.decode({ files: 'a.go' }), /files is string instead of an array/);
  });
});
