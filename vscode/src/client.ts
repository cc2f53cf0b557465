/** The connection to the daemon of one app, through `hotdev lsp`. */

import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  type ClientCapabilities,
  CloseAction,
  ErrorAction,
  type FeatureState,
  type InitializeResult,
  LanguageClient,
  MessageType,
  type Middleware,
  type ServerCapabilities,
  type StaticFeature,
} from 'vscode-languageclient/node';
import { LogParams, protocolVersion, Reload, Status } from './protocol.js';
import { type Infer, number, object, type Shape, text } from './shape.js';

/** What the daemon says of itself in the answer to initialize. */
const Hello = object({ protocol: number, buildID: text, pid: number, workspace: text });
export type Hello = Infer<typeof Hello>;

/** Says that the daemon speaks another version of the protocol. */
export class ProtocolSkew extends Error {
  readonly daemon: number;

  constructor(daemon: number, server: string) {
    const mend = daemon > protocolVersion ? 'Update this extension.' : `Update hotdev (${server}), and end its daemon.`;
    super(`hotdev speaks version ${daemon} of its protocol, and this extension version ${protocolVersion}. ${mend}`);
    this.name = 'ProtocolSkew';
    this.daemon = daemon;
  }
}

export interface ClientOptions {
  readonly root: string; // directory of the app
  readonly name: string; // of the app
  readonly server: string; // path of hotdev
  readonly log: vscode.LogOutputChannel;
  readonly middleware: Middleware;
  readonly onStatus: (status: Status) => void;
  readonly onLog: (log: LogParams) => void;
  readonly onReloaded: (reload: Reload) => void;
}

/**
 * A client lives from start to the moment when `closed` is resolved: its process
 * has ended, or stop was called. It is not started again; another one is made.
 */
export class Client {
  /** Resolved with the reason when the connection has ended. */
  readonly closed: Promise<string>;

  readonly #options: ClientOptions;
  readonly #client: LanguageClient;
  #close: (reason: string) => void = () => undefined;
  #process: ChildProcess | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.#client = new LanguageClient('hotdev', 'Hotdev', () => this.#spawn(), {
      documentSelector: [{ scheme: 'file', pattern: everythingIn(options.root) }],
      workspaceFolder: { uri: vscode.Uri.file(options.root), name: options.name, index: 0 },
      outputChannel: options.log,
      diagnosticCollectionName: 'hotdev',
      middleware: options.middleware,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          this.#close('hotdev lsp has ended');
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
      initializationFailedHandler: () => false,
    });
    this.#client.registerFeature(new Ours());
    this.#listen('hotdev/status', Status, options.onStatus);
    this.#listen('hotdev/log', LogParams, options.onLog);
    this.#listen('hotdev/reloaded', Reload, options.onReloaded);
    this.#client.onNotification('window/showMessage', (message: { type: MessageType; message: string }) => {
      // What needs a person is in the state; the rest is for the log.
      if (message.type <= MessageType.Warning) options.log.warn(message.message);
      else options.log.info(message.message);
    });
  }

  /**
   * Connects. It rejects if the daemon can't be reached, with a ProtocolSkew if
   * it can't be talked to.
   */
  async start(): Promise<Hello> {
    await this.#client.start();
    const result = this.#client.initializeResult as InitializeResult | undefined;
    const hello = Hello.decode((result?.capabilities.experimental as { hotdev?: unknown } | undefined)?.hotdev, 'hotdev');
    if (hello.protocol !== protocolVersion) {
      await this.stop();
      throw new ProtocolSkew(hello.protocol, this.#options.server);
    }
    return hello;
  }

  /** Sends a request of hotdev's own and decodes its result. */
  async request<T>(method: string, params: object, result: Shape<T>): Promise<T> {
    const answer: unknown = await this.#client.sendRequest(method, params);
    return result.decode(answer === null ? undefined : answer, `the answer to ${method}`);
  }

  /** Ends the connection, and its process if that does not end by itself. */
  async stop(): Promise<void> {
    try {
      await this.#client.dispose();
    } catch {
      this.#process?.kill(); // it was not up yet
    }
    this.#close('stopped');
  }

  #listen<T>(method: string, shape: Shape<T>, take: (params: T) => void): void {
    this.#client.onNotification(method, (params: unknown) => {
      try {
        take(shape.decode(params));
      } catch (err) {
        this.#options.log.error(`${method}: ${String(err)}`);
      }
    });
  }

  #spawn(): Promise<ChildProcess> {
    const { server, root, log } = this.#options;
    const child = spawn(server, ['lsp'], { cwd: root, stdio: 'pipe' });
    this.#process = child;
    child.once('error', (err) => this.#close(`${server}: ${err.message}`));
    child.stderr.setEncoding('utf8').on('data', (data: string) => log.info(`${path.basename(server)}: ${data.trimEnd()}`));
    return Promise.resolve(child);
  }
}

/** A glob pattern for all files in a directory, whose name may hold what patterns give a meaning. */
function everythingIn(dir: string): string {
  return `${dir.replaceAll('\\', '/').replace(/[[\]{}*?]/g, '[$&]')}/**/*`;
}

/**
 * Asks for hotdev/* notifications, and takes over what the client library would
 * do once a client: commands, which several apps would register twice, code
 * lenses and progress.
 */
class Ours implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), hotdev: true };
    capabilities.window = { ...capabilities.window, workDoneProgress: false };
  }

  preInitialize(capabilities: ServerCapabilities): void {
    delete capabilities.executeCommandProvider;
    delete capabilities.codeLensProvider;
  }

  initialize(): void {}

  getState(): FeatureState {
    return { kind: 'static' };
  }

  clear(): void {}
}
