/** One app under development: its connection and what is known of it. */

import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { Backoff } from './backoff.js';
import type { Client, Hello } from './client.js';
import { HistoryResult, type LogEntry, type LogParams, Reload, type Route, RoutesResult, type StartParams, Status, SubscribeResult } from './protocol.js';
import { object, type Shape } from './shape.js';
import type { Diagnostics } from './diagnostics.js';

/** How it stands with the connection to the app's daemon. */
export type Link =
  | { readonly kind: 'off' } // not needed so far
  | { readonly kind: 'connecting' }
  | { readonly kind: 'up'; readonly hello: Hello; readonly server: string }
  | { readonly kind: 'missing' } // there is no hotdev program
  | { readonly kind: 'skew'; readonly reason: string } // it can't be talked to
  | { readonly kind: 'down'; readonly reason: string }; // tried again after a while

/** What of an app has changed; daemon: another connection to it, or another one, knows nothing of this window. */
export type Change = 'link' | 'daemon' | 'status' | 'reloads' | 'routes';

/** What apps share. */
export interface AppServices {
  readonly log: vscode.LogOutputChannel;
  readonly diagnostics: Diagnostics;
  findServer(): Promise<string | undefined>;
}

/** Keeps as many reloads as the daemon. */
const maxReloads = 50;

/** How many lines of output a terminal that is opened late gets. */
const maxOutput = 1000;

export class App implements vscode.Disposable {
  readonly root: string; // its directory
  readonly name: string;
  readonly uri: vscode.Uri;

  link: Link = { kind: 'off' };
  status: Status | undefined;
  reloads: readonly Reload[] = []; // newest first
  routes: readonly Route[] = [];
  output: readonly LogEntry[] = []; // the newest entries of the log, oldest first

  readonly #services: AppServices;
  readonly #changed = new vscode.EventEmitter<Change>();
  readonly #logged = new vscode.EventEmitter<LogParams>();
  readonly onDidChange = this.#changed.event;
  readonly onDidLog = this.#logged.event;

  readonly #backoff = new Backoff(500, 30_000, 60_000);
  #client: Client | undefined; // of link up
  #running: Promise<void> | undefined; // the life of the connection; undefined: none
  #disposed = new AbortController();
  #wait = new AbortController(); // of the pause before the next try
  #again = false; // the connection is ended on purpose, to be made anew at once
  #daemon: number | undefined; // process ID of the one that lastSeq is of
  #lastSeq = 0; // of the newest log entry

  constructor(root: string, services: AppServices) {
    this.root = root;
    this.#services = services;
    this.uri = vscode.Uri.file(root);
    this.name = path.basename(root);
  }

  /** The address that answers people's requests, as a URL; undefined if there is none. */
  get url(): string | undefined {
    const address = this.status?.proxy.address || this.status?.running?.address;
    return address ? `http://${address}` : undefined;
  }

  /** Connects, if it is not connected; a pause before the next try ends. */
  connect(): void {
    if (this.#running !== undefined) {
      if (this.link.kind !== 'down') return;
      this.#setLink({ kind: 'connecting' }); // whoever asks now waits for the outcome
      this.#wait.abort();
      return;
    }
    this.#running = this.#live()
      .catch((err: unknown) => this.#services.log.error(`${this.name}: ${String(err)}`))
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Ends the connection and connects anew, with the program that is found now. */
  async reconnect(): Promise<void> {
    this.#again = this.#client !== undefined;
    await this.#client?.stop();
    this.connect();
  }

  start(params: StartParams = {}): Promise<Status> {
    return this.request('hotdev/start', params, Status);
  }

  stop(): Promise<Status> {
    return this.request('hotdev/stop', {}, Status);
  }

  reload(): Promise<Reload> {
    return this.request('hotdev/reload', { wait: true }, Reload);
  }

  /** Has the daemon withhold saves for this window, or no more. */
  hold(on: boolean): Promise<void> {
    return this.tell('hotdev/hold', { on });
  }

  /** Applies the saves that are withheld, and those of the given files, just made. */
  apply(...files: string[]): Promise<void> {
    return this.tell('hotdev/apply', { files });
  }

  rollback(rev: number): Promise<Reload> {
    return this.request('hotdev/rollback', { rev }, Reload);
  }

  /** Sends a request; it rejects with the reason if there is no connection. */
  async request<T>(method: string, params: object, result: Shape<T>): Promise<T> {
    this.connect();
    const client = await this.#connected();
    return client.request(method, params, result);
  }

  /** Sends a request that answers nothing. */
  async tell(method: string, params: object): Promise<void> {
    await this.request(method, params, object({}));
  }

  /** Fetches the routes, with their numbers. */
  async refreshRoutes(): Promise<void> {
    const { routes } = await this.request('hotdev/routes', {}, RoutesResult);
    if (JSON.stringify(routes) === JSON.stringify(this.routes)) return;
    this.routes = routes;
    this.#changed.fire('routes');
  }

  async disposeAsync(): Promise<void> {
    this.#disposed.abort();
    this.#wait.abort();
    await this.#client?.stop();
    await this.#running;
    this.#setLink({ kind: 'down', reason: `${this.name} is no longer part of the workspace` }); // for who waits
    this.#changed.dispose();
    this.#logged.dispose();
  }

  dispose(): void {
    void this.disposeAsync();
  }

  /** Keeps a connection until the app is disposed of, or no try can help. */
  async #live(): Promise<void> {
    while (!this.#disposed.signal.aborted) {
      this.#wait = new AbortController();
      const began = Date.now();
      const reason = await this.#once();
      if (reason === undefined || this.#disposed.signal.aborted) return;
      if (this.#again) {
        this.#again = false;
        continue;
      }
      this.#setLink({ kind: 'down', reason });
      const wait = this.#backoff.next(Date.now() - began);
      this.#services.log.warn(`${this.name}: ${reason}; trying again in ${wait / 1000} s`);
      await delay(wait, undefined, { signal: this.#wait.signal }).catch(() => undefined);
    }
  }

  /** Connects once. It returns why the connection has ended; undefined if another try makes no sense. */
  async #once(): Promise<string | undefined> {
    this.#setLink({ kind: 'connecting' });
    const server = await this.#services.findServer();
    if (server === undefined) {
      this.#setLink({ kind: 'missing' });
      return undefined;
    }
    const { Client, ProtocolSkew } = await import('./client.js');
    const client = new Client({
      root: this.root,
      name: this.name,
      server,
      log: this.#services.log,
      middleware: this.#services.diagnostics.middleware(this),
      onStatus: (status) => this.#onStatus(status),
      onLog: (log) => this.#onLog(log),
      onReloaded: (reload) => this.#onReloaded(reload),
    });
    try {
      this.#client = client;
      const hello = await Promise.race([client.start(), client.closed.then((reason) => Promise.reject(new Error(reason)))]);
      this.#meet(hello.pid);
      await this.#subscribe(client);
      this.#setLink({ kind: 'up', hello, server });
      return await client.closed;
    } catch (err) {
      await client.stop();
      if (err instanceof ProtocolSkew) {
        this.#setLink({ kind: 'skew', reason: err.message });
        return undefined;
      }
      return err instanceof Error ? err.message : String(err);
    } finally {
      this.#client = undefined;
      this.#services.diagnostics.forget(this);
    }
  }

  /** Takes note of which daemon it is; true if it is another one than before. */
  #meet(pid: number): boolean {
    if (pid === this.#daemon) return false;
    this.#daemon = pid;
    this.#lastSeq = 0; // it has a log of its own
    return true;
  }

  /** Learns the whole state of the daemon; its changes follow. */
  async #subscribe(client: Client): Promise<void> {
    const now = await client.request('hotdev/subscribe', { logsFrom: this.#lastSeq + 1 }, SubscribeResult);
    this.#onLog({ entries: now.logs, missed: now.missed ?? 0 });
    this.#setStatus(now.status);
    this.reloads = (await client.request('hotdev/history', {}, HistoryResult)).reloads;
    this.#changed.fire('reloads');
    this.#changed.fire('daemon');
  }

  #onStatus(status: Status): void {
    const before = this.#daemon;
    if (this.#meet(status.daemon.pid) && this.#client !== undefined) {
      // hotdev lsp has started another daemon.
      this.#services.log.info(`${this.name}: daemon ${status.daemon.pid} has taken the place of ${before}`);
      this.#subscribe(this.#client).catch((err: unknown) => this.#services.log.error(`${this.name}: ${String(err)}`));
    }
    this.#setStatus(status);
  }

  #onLog({ entries, missed }: LogParams): void {
    const fresh = entries.filter((entry) => entry.seq > this.#lastSeq);
    this.#lastSeq = fresh.at(-1)?.seq ?? this.#lastSeq;
    if (fresh.length === 0) return;
    this.output = [...this.output, ...fresh].slice(-maxOutput);
    this.#logged.fire({ entries: fresh, ...(missed ? { missed } : {}) });
  }

  #onReloaded(reload: Reload): void {
    // The history that was just fetched may have it already.
    if (this.reloads.some((r) => r.time === reload.time && r.rev === reload.rev && r.outcome === reload.outcome)) return;
    this.reloads = [reload, ...this.reloads].slice(0, maxReloads);
    this.#changed.fire('reloads');
  }

  #setStatus(status: Status): void {
    const version = this.status?.running?.rev;
    this.status = status;
    if (status.running === undefined && this.routes.length > 0) {
      this.routes = [];
      this.#changed.fire('routes');
    }
    this.#changed.fire('status');
    if (status.running !== undefined && status.running.rev !== version && this.link.kind === 'up') this.#fetchRoutes();
  }

  #fetchRoutes(): void {
    this.refreshRoutes().catch((err: unknown) => this.#services.log.debug(`${this.name}: ${String(err)}`));
  }

  #setLink(link: Link): void {
    this.link = link;
    if (link.kind !== 'up') this.status = undefined;
    this.#changed.fire('link');
    if (link.kind === 'up' && this.status?.running !== undefined) this.#fetchRoutes();
  }

  /** Waits for the connection that is being made. */
  #connected(): Promise<Client> {
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        switch (this.link.kind) {
          case 'up':
            if (this.#client === undefined) return false;
            resolve(this.#client);
            return true;
          case 'missing':
            reject(new Error('The hotdev program is not installed.'));
            return true;
          case 'skew':
          case 'down':
            reject(new Error(`There is no connection to hotdev: ${this.link.reason}`));
            return true;
          default:
            return false;
        }
      };
      if (settle()) return;
      const waiting = this.onDidChange(() => {
        if (settle()) waiting.dispose();
      });
    });
  }
}
