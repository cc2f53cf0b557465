/** What the status bar shows of an app. */

import type { Link } from './app.js';
import { count, debuggerState, duration } from './phrases.js';
import type { Reload, Status } from './protocol.js';

/** What is known of an app. */
export interface Known {
  readonly name: string;
  readonly link: Link;
  readonly status: Status | undefined;
  readonly lastReload: Reload | undefined;
}

export interface StatusView {
  readonly text: string; // with codicons
  readonly detail: string; // one line without them
  readonly severity: 'none' | 'warning' | 'error';
  readonly busy: boolean;
}

const icons: Readonly<Record<string, string>> = {
  idle: '$(flame)',
  building: '$(sync~spin)',
  starting: '$(sync~spin)',
  running: '$(flame)',
  paused: '$(debug-pause)',
  failed: '$(error)',
  crashed: '$(error)',
  stopped: '$(debug-stop)',
};

export function statusView(known: Known): StatusView {
  const { name, link, status } = known;
  if (status === undefined) return linkView(name, link);
  const parts = [`${icons[status.state] ?? '$(flame)'} ${name}`];
  switch (status.state) {
    case 'running':
      parts.push(`rev ${status.running?.rev ?? status.rev}`);
      if (known.lastReload !== undefined && known.lastReload.rev === status.running?.rev) parts.push(duration(known.lastReload.total));
      break;
    case 'failed':
      parts.push(`rev ${status.rev} failed`);
      break;
    default:
      parts.push(status.state);
  }
  if (status.diagnostics > 0) parts.push(`$(warning) ${status.diagnostics}`);
  return {
    text: parts.join(' · ').replace(' · ', ' '),
    detail: detail(status),
    severity: status.state === 'failed' || status.state === 'crashed' ? 'error' : status.state === 'paused' ? 'warning' : 'none',
    busy: status.state === 'building' || status.state === 'starting',
  };
}

function detail(status: Status): string {
  const parts = [status.message ? `${status.state}: ${status.message}` : status.state];
  const { running } = status;
  if (running !== undefined && status.state === 'failed') parts.push(`rev ${running.rev} goes on serving`);
  if (status.diagnostics > 0) parts.push(count(status.diagnostics, 'problem'));
  return parts.join('; ');
}

function linkView(name: string, link: Link): StatusView {
  switch (link.kind) {
    case 'missing':
      return { text: `$(warning) ${name} hotdev is missing`, detail: 'the hotdev program is not installed', severity: 'warning', busy: false };
    case 'skew':
    case 'down':
      return { text: `$(warning) ${name} no connection`, detail: link.reason, severity: 'warning', busy: false };
    case 'off':
      return { text: `$(flame) ${name}`, detail: 'not in use so far', severity: 'none', busy: false };
    default:
      return { text: `$(sync~spin) ${name}`, detail: 'connecting to hotdev', severity: 'none', busy: true };
  }
}

/** The lines of the tooltip, in Markdown. */
export function tooltip({ name, status, lastReload }: Known): string[] {
  if (status === undefined) return [];
  const lines = [`**${escape(status.app || name)}**`, escape(detail(status))];
  const { running, proxy, debug } = status;
  if (running !== undefined) lines.push(`rev ${running.rev}, process ${running.pid}, ${escape(proxy.address || running.address)}`);
  if (running !== undefined && running.requests.count > 0) {
    lines.push(`${count(running.requests.count, 'request')}, p50 ${duration(running.requests.p50)}, p99 ${duration(running.requests.p99)}`);
  }
  if (lastReload !== undefined) lines.push(`last reload: ${escape(lastReload.reason)}, ${duration(lastReload.total)}`);
  lines.push(`debugger: ${debuggerState(debug)}`);
  return lines;
}

function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!<>|~]/g, '\\$&');
}

/** Whether an app can be started and stopped. One that is built, or can't be, and does not run can be both: nobody knows whether it is meant to. */
export function possible(status: Status | undefined): { readonly start: boolean; readonly stop: boolean } {
  if (status === undefined) return { start: true, stop: false };
  const { state, running } = status;
  return {
    start: running === undefined && state !== 'starting' && state !== 'paused',
    stop: state !== 'idle' && state !== 'stopped' && state !== 'crashed',
  };
}

/** What waits for a reload, as the app stands in the debugger or saves are withheld: the sentence to show; undefined if nothing does. */
export function waiting(status: Status | undefined): string | undefined {
  if (status?.state === 'paused' && status.message) return status.message;
  const files = status?.hold?.withheld ?? 0;
  return files > 0 ? `${count(files, 'saved file')} ${files === 1 ? 'waits' : 'wait'}` : undefined;
}
