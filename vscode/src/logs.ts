/** The app's output in a log channel of its own. */

import * as vscode from 'vscode';
import { stripAnsi } from './ansi.js';
import type { App } from './app.js';
import type { LogEntry } from './protocol.js';

/** How many places of an app's output are remembered with their files. */
const maxPlaces = 2000;

/**
 * The channel has what the app writes; what hotdev and its builds say goes to
 * hotdev's channel.
 */
export class AppLog implements vscode.Disposable {
  readonly channel: vscode.LogOutputChannel;
  readonly #app: App;
  readonly #hotdev: vscode.LogOutputChannel;
  readonly #files = new Map<string, string>(); // the place as it is written → absolute path
  readonly #subscription: vscode.Disposable;

  constructor(app: App, hotdev: vscode.LogOutputChannel) {
    this.#app = app;
    this.#hotdev = hotdev;
    this.channel = vscode.window.createOutputChannel(`Hotdev: ${app.name}`, { log: true });
    this.#subscription = app.onDidLog(({ entries, missed }) => {
      if (missed) this.channel.warn(`${missed} lines are missing here: they came too fast.`);
      for (const entry of entries) this.#write(entry);
    });
  }

  /** The absolute path of a file as the output names it; undefined if no line told. */
  fileOf(name: string, line: number): string | undefined {
    return this.#files.get(`${name}:${line}`);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.channel.dispose();
  }

  #write(entry: LogEntry): void {
    const own = entry.stream === 'stdout' || entry.stream === 'stderr';
    const line = stripAnsi(entry.text);
    if (entry.file !== undefined && entry.line !== undefined) this.#remember(line, entry.file, entry.line);
    write(own ? this.channel : this.#hotdev, entry.level, own ? line : `${this.#app.name}: ${line}`);
  }

  /** Keeps how the line names the file, which the daemon has found. */
  #remember(text: string, file: string, line: number): void {
    const parts = file.split(/[\\/]/);
    for (let i = parts.length - 1; i >= 0; i--) {
      const name = `${parts.slice(i).join('/')}:${line}`;
      if (!text.includes(name)) break;
      this.#files.delete(name);
      this.#files.set(name, file);
    }
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= maxPlaces) break;
      this.#files.delete(oldest);
    }
  }
}

function write(channel: vscode.LogOutputChannel, level: string | undefined, line: string): void {
  switch (level) {
    case 'debug':
      return channel.debug(line);
    case 'warn':
      return channel.warn(line);
    case 'error':
      return channel.error(line);
    default:
      return channel.info(line);
  }
}
