/**
 * The hotdev/* messages, as rpc/PROTOCOL.md documents them: durations in
 * milliseconds, times in RFC 3339, absolute paths, lines and columns from 1.
 *
 * Every shape has the name of its Go type in rpc/protocol; a test holds them to
 * that package and its golden files.
 */

import { flag, type Infer, list, number, object, optional, text, word } from './shape.js';

/** The protocol that this extension speaks; a daemon with another one can't be talked to. */
export const protocolVersion = 1;

export const Fix = object({ title: text, command: list(text), dir: text });
export type Fix = Infer<typeof Fix>;

export const Related = object({ file: text, line: number, col: optional(number), message: text });
export type Related = Infer<typeof Related>;

export const Diagnostic = object({
  file: text,
  line: number,
  col: optional(number),
  endLine: optional(number),
  endCol: optional(number),
  severity: word('error', 'warning', 'info', 'hint'),
  owner: word('build', 'panic', 'race', 'config', 'breakpoint'),
  code: optional(text),
  message: text,
  related: optional(list(Related)),
  fix: optional(Fix),
});
export type Diagnostic = Infer<typeof Diagnostic>;

export const DiagnosticsResult = object({ diagnostics: list(Diagnostic) });

/** Durations of a reload's parts; 0 for one that did not take place. */
export const Phases = object({
  queue: number,
  check: number,
  compile: number,
  link: number,
  launch: number,
  ready: number,
  firstResponse: number,
});
export type Phases = Infer<typeof Phases>;

export const Outcome = word(
  'swapped',
  'unchanged',
  'restarted',
  'browser',
  'config',
  'built',
  'buildFailed',
  'startFailed',
  'superseded',
  'rolledBack',
);
export type Outcome = Infer<typeof Outcome>;

/** How a program was built, and why no quicker way was taken. */
export const Build = object({ method: word('incremental', 'goBuild', 'command'), reason: optional(text), link: optional(text) });
export type Build = Infer<typeof Build>;

export const Speculation = object({ builds: number, cpu: number, wall: number });
export type Speculation = Infer<typeof Speculation>;

export const Reload = object({
  rev: number, // of the newest save, also for a rollback
  backTo: optional(number), // rev of the older version that was to be put back
  time: text,
  reason: text,
  files: list(text),
  outcome: Outcome,
  message: optional(text),
  build: optional(Build),
  ahead: optional(flag),
  speculation: optional(Speculation),
  phases: Phases,
  total: number,
  buildID: optional(text),
  diagnostics: optional(list(Diagnostic)),
});
export type Reload = Infer<typeof Reload>;

export const ReloadParams = object({ wait: optional(flag) });
export const RollbackParams = object({ rev: optional(number) });

/** Newest first. */
export const HistoryResult = object({ reloads: list(Reload) });

export const Listener = object({ asked: text, actual: text });
export type Listener = Infer<typeof Listener>;

export const Requests = object({ count: number, errors: number, inFlight: number, p50: number, p95: number, p99: number });
export type Requests = Infer<typeof Requests>;

export const Running = object({
  rev: number,
  buildID: text,
  pid: number,
  address: text,
  listeners: optional(list(Listener)),
  startedAt: text,
  requests: Requests,
});
export type Running = Infer<typeof Running>;

export const LastBuild = object({ rev: number, ok: flag, reason: text, build: optional(Build), phases: Phases });
export type LastBuild = Infer<typeof LastBuild>;

export const Debug = object({ mode: text, state: text, reason: optional(text), clients: number, endpoint: optional(text) });
export type Debug = Infer<typeof Debug>;

export const Proxy = object({ address: text, mode: optional(text), reason: optional(text) });
export type Proxy = Infer<typeof Proxy>;

/** Clients that withhold saves, and files that wait for that. */
export const Hold = object({ clients: number, withheld: number });
export type Hold = Infer<typeof Hold>;

export const Daemon = object({ version: text, buildID: text, pid: number, startedAt: text });
export type Daemon = Infer<typeof Daemon>;

export const State = word('idle', 'building', 'starting', 'running', 'paused', 'failed', 'crashed', 'stopped');
export type State = Infer<typeof State>;

export const Status = object({
  app: text,
  state: State,
  message: optional(text),
  rev: number,
  profile: text,
  workspace: text,
  running: optional(Running),
  lastBuild: optional(LastBuild),
  diagnostics: number,
  hold: optional(Hold),
  debug: Debug,
  proxy: Proxy,
  daemon: Daemon,
});
export type Status = Infer<typeof Status>;

export const HoldParams = object({ on: flag });
export const ApplyParams = object({ files: optional(list(text)) });

export const StartParams = object({ package: optional(text), args: optional(list(text)), profile: optional(text) });
export type StartParams = Infer<typeof StartParams>;

export const LogEntry = object({
  seq: number,
  time: text,
  stream: word('stdout', 'stderr', 'build', 'hotdev'),
  text: text,
  level: optional(word('debug', 'info', 'warn', 'error')),
  file: optional(text),
  line: optional(number),
});
export type LogEntry = Infer<typeof LogEntry>;

export const LogParams = object({ entries: list(LogEntry), missed: optional(number) });
export type LogParams = Infer<typeof LogParams>;

export const LogsParams = object({ from: optional(number), limit: optional(number) });

export const SubscribeParams = object({ logsFrom: optional(number) });
export const SubscribeResult = object({ status: Status, logs: list(LogEntry), missed: optional(number) });
export type SubscribeResult = Infer<typeof SubscribeResult>;

export const Route = object({
  method: text,
  path: text,
  handler: text,
  file: optional(text),
  line: optional(number),
  hits: number,
  errors: number,
  p50: number,
});
export type Route = Infer<typeof Route>;

export const RoutesResult = object({ rev: number, routes: list(Route) });

export const StdinParams = object({ text: text, eof: optional(flag) });

export const WhyParams = object({ file: text });
export const WhyResult = object({
  file: text,
  class: word('rebuild', 'restart', 'reload', 'config', 'test', 'outside', 'ignored'),
  reason: text,
  build: optional(Build),
});
export type WhyResult = Infer<typeof WhyResult>;

/** Where the app's debug adapter listens over all versions: a socket's path, or host:port. */
export const DebugEndpoint = object({ network: word('unix', 'tcp'), address: text });
export type DebugEndpoint = Infer<typeof DebugEndpoint>;

export const SourceBreakpoint = object({
  line: number,
  condition: optional(text),
  hitCondition: optional(text),
  logMessage: optional(text),
});
export const SetBreakpointsParams = object({ file: text, breakpoints: list(SourceBreakpoint) });

export const Breakpoint = object({
  id: number,
  owner: text,
  file: text,
  line: number,
  function: optional(text),
  condition: optional(text),
  hitCondition: optional(text),
  logMessage: optional(text),
  verified: flag,
  message: optional(text),
});
export const BreakpointsResult = object({ breakpoints: list(Breakpoint) });
