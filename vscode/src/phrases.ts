/** The words in which states and numbers are shown. */

import type { Outcome, Phases, Reload, Route, Status } from './protocol.js';

/** A duration in milliseconds, short: `1.5 ms`, `398 ms`, `2.4 s`. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 || Number.isInteger(ms) ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** A number of things: `1 error`, `2 errors`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

const outcomes: Readonly<Record<string, string>> = {
  swapped: 'new version',
  unchanged: 'same binary',
  restarted: 'restarted',
  browser: 'pages reloaded',
  config: 'configuration read',
  built: 'built, not started',
  buildFailed: 'build failed',
  startFailed: 'start failed',
  superseded: 'overtaken by a newer save',
  rolledBack: 'rolled back',
} satisfies Record<Exclude<Outcome, string & {}>, string>;

export function outcome(reload: Reload): string {
  return outcomes[reload.outcome] ?? reload.outcome;
}

/** What a reload is called: by the rev of its save or, for a rollback, that of the version to go back to. */
export function title(reload: Reload): string {
  return reload.backTo === undefined ? `rev ${reload.rev}` : `back to rev ${reload.backTo}`;
}

/** Tells whether a reload has left the app without the change. */
export function hasFailed(reload: Reload): boolean {
  return reload.outcome === 'buildFailed' || reload.outcome === 'startFailed';
}

/** Tells whether a reload has put a new version into service, the one of its rev; a rollback has the rev of the newest save. */
export function hasServed(reload: Reload): boolean {
  return reload.outcome === 'swapped' || reload.outcome === 'restarted';
}

const phaseNames = {
  queue: 'wait',
  check: 'check',
  compile: 'compile',
  link: 'link',
  launch: 'launch',
  ready: 'ready',
  firstResponse: 'first response',
} satisfies Record<keyof Phases, string>;

/** The phases that took place: `[['compile', 310], …]`, in milliseconds. */
export function phases(p: Phases): [string, number][] {
  return (Object.keys(phaseNames) as (keyof Phases)[]).filter((key) => p[key] > 0).map((key) => [phaseNames[key], p[key]]);
}

/** The numbers of a route: `3 hits · p50 1.5 ms · 1 error`; '' before the first request. */
export function routeNumbers(route: Route): string {
  if (route.hits === 0) return '';
  const parts = [count(route.hits, 'hit'), `p50 ${duration(route.p50)}`];
  if (route.errors > 0) parts.push(count(route.errors, 'error'));
  return parts.join(' · ');
}

const debuggers: Readonly<Record<string, string>> = {
  off: 'off',
  idle: 'ready: press F5',
  attached: 'attached',
  paused: 'paused',
  unavailable: 'unavailable',
};

/** How it stands with the debugger. */
export function debuggerState(debug: Status['debug']): string {
  const state = debuggers[debug.state] ?? debug.state;
  return debug.clients > 0 ? `${state}, ${count(debug.clients, 'client')}` : state;
}
