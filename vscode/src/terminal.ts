/** A terminal with the app's output, colours included, and its standard input. */

import * as vscode from 'vscode';
import type { App } from './app.js';
import { LineInput } from './lineinput.js';
import type { LogEntry } from './protocol.js';

export class AppTerminal implements vscode.Disposable {
  readonly #app: App;
  #terminal: vscode.Terminal | undefined;

  constructor(app: App) {
    this.#app = app;
  }

  /** Shows the terminal; it is opened if it was closed. */
  show(): void {
    this.#terminal ??= vscode.window.createTerminal({
      name: `Hotdev: ${this.#app.name}`,
      iconPath: new vscode.ThemeIcon('flame'),
      pty: new Pty(this.#app, () => (this.#terminal = undefined)),
    });
    this.#terminal.show();
  }

  dispose(): void {
    this.#terminal?.dispose();
  }
}

class Pty implements vscode.Pseudoterminal {
  readonly #app: App;
  readonly #onClose: () => void;
  readonly #input = new LineInput();
  readonly #write = new vscode.EventEmitter<string>();
  readonly onDidWrite = this.#write.event;
  #subscription: vscode.Disposable | undefined;
  #sending: Promise<void> = Promise.resolve(); // keeps lines in their order

  constructor(app: App, onClose: () => void) {
    this.#app = app;
    this.#onClose = onClose;
  }

  open(): void {
    for (const entry of this.#app.output) this.#show(entry);
    this.#subscription = this.#app.onDidLog(({ entries }) => {
      for (const entry of entries) this.#show(entry);
    });
  }

  close(): void {
    this.#subscription?.dispose();
    this.#write.dispose();
    this.#onClose();
  }

  handleInput(data: string): void {
    for (const act of this.#input.take(data)) {
      switch (act.kind) {
        case 'echo':
          this.#write.fire(act.text);
          break;
        case 'line':
          this.#send({ text: act.text });
          break;
        case 'end':
          this.#send({ text: '', eof: true });
          break;
        case 'interrupt':
          this.#app.stop().catch((err: unknown) => this.#fail(err));
      }
    }
  }

  #show(entry: LogEntry): void {
    if (entry.stream === 'stdout' || entry.stream === 'stderr') this.#write.fire(`${entry.text}\r\n`);
  }

  #send(input: { text: string; eof?: boolean }): void {
    this.#sending = this.#sending.then(() => this.#app.tell('hotdev/stdin', input)).catch((err: unknown) => this.#fail(err));
  }

  #fail(err: unknown): void {
    this.#write.fire(`\u001b[31m${err instanceof Error ? err.message : String(err)}\u001b[0m\r\n`);
  }
}
