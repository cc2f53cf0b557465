import * as assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { App } from '../../src/app.js';
import { until } from '../until.js';
import { api, edit, file, get, hasProblems, lineOf, reloadBy, running, shop, state } from './harness.js';

suite('debugging', () => {
  let app: App;
  let handler: vscode.Uri;
  let session: vscode.DebugSession;
  const events: DebugProtocol.Event[] = [];
  const subscriptions: vscode.Disposable[] = [];

  suiteSetup(async () => {
    app = await shop();
    handler = file(app, 'api/api.go');
    await running(app);
    await vscode.window.showTextDocument(handler);
    subscriptions.push(
      vscode.debug.registerDebugAdapterTrackerFactory('hotdev', {
        createDebugAdapterTracker: () => ({
          onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => {
            if (message.type === 'event') events.push(message as DebugProtocol.Event);
          },
        }),
      }),
    );
  });

  suiteTeardown(async () => {
    await vscode.debug.stopDebugging();
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    for (const subscription of subscriptions) subscription.dispose();
  });

  teardown(async function () {
    if (this.currentTest?.state !== 'failed') return;
    // What a failed test has left standing is not in the way of the next.
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    if (app.status?.state === 'paused') await vscode.commands.executeCommand('workbench.action.debug.continue');
  });

  /** The number of times that the app has been seen to stop. */
  const stops = () => events.filter((event) => event.event === 'stopped').length;

  /** Lets a request run into a breakpoint; gives the frame, and the answer that comes once the app goes on. */
  const stopIn = async (url: string) => {
    const before = stops();
    const answer = get(app, url);
    const stopped = await until('the stop', () => stops() > before && events.findLast((event) => event.event === 'stopped'), () => [app.status?.state, app.status?.debug]);
    const { threadId } = stopped.body as DebugProtocol.StoppedEvent['body'];
    const { stackFrames } = (await session.customRequest('stackTrace', { threadId, startFrame: 0, levels: 1 })) as DebugProtocol.StackTraceResponse['body'];
    return { frame: stackFrames[0] as DebugProtocol.StackFrame, threadId, answer };
  };

  const goOn = (threadId: number | undefined) => session.customRequest('continue', { threadId });

  const setBreakpoint = async (text: string) => {
    const position = new vscode.Position(await lineOf(handler, text), 0);
    const breakpoint = new vscode.SourceBreakpoint(new vscode.Location(handler, position));
    vscode.debug.addBreakpoints([breakpoint]);
    return breakpoint;
  };

  const verified = (breakpoint: vscode.Breakpoint) =>
    until('a verified breakpoint', async () => ((await session.getDebugProtocolBreakpoint(breakpoint)) as DebugProtocol.Breakpoint | undefined)?.verified);

  test('an empty configuration is enough, and the app is not started anew', async () => {
    const { running: before } = await running(app);
    assert.ok(await vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], { type: 'hotdev', request: 'launch', name: 'Hotdev' }));
    session = await until('the session', () => vscode.debug.activeDebugSession);
    assert.equal(session.configuration['app'], app.root);
    await until('the debugger', () => app.status?.debug.clients === 1 && app.status.debug.state === 'attached', () => app.status?.debug);
    assert.equal(app.status?.running?.pid, before?.pid);
  });

  test('a breakpoint is hit, and the app goes on', async () => {
    await verified(await setBreakpoint('c.JSON(http.StatusOK, gin.H{"message"'));
    const { frame, threadId, answer } = await stopIn('/api/hello');
    assert.equal(frame.line, (await lineOf(handler, 'c.JSON(http.StatusOK, gin.H{"message"')) + 1);
    assert.equal(vscode.Uri.parse(frame.source?.path ?? '').path, handler.path);
    await state(app, 'paused');
    assert.match(api().status.shown.text, /\$\(debug-pause\) shop paused/);
    await goOn(threadId);
    assert.equal((await answer).status, 200);
    await state(app, 'running');
  });

  test('it is hit again in the version that an edit moves it in, in the same session', async () => {
    const line = await lineOf(handler, 'c.JSON(http.StatusOK, gin.H{"message"');
    const reload = await reloadBy(app, () => edit(handler, '// hello greets ?name=.', '// One more line,\n// and another.\n//\n// hello greets ?name=.'));
    assert.equal(reload.outcome, 'swapped');
    const { frame, threadId, answer } = await stopIn('/api/hello');
    assert.equal(frame.line, line + 3 + 1);
    assert.equal(vscode.debug.activeDebugSession?.id, session.id);
    await goOn(threadId);
    assert.equal((await answer).status, 200);
  });

  test('a version that is built meanwhile waits, and takes over when told', async () => {
    const { answer } = await stopIn('/api/hello');
    const { rev } = await state(app, 'paused');
    await edit(handler, 'greeting = "', 'greeting = "late ');
    const pending = await until('the waiting version', () => api().status.shown.pending, () => app.status);
    assert.match(pending, /rev \d+ is built, waiting for you/);
    const reload = await reloadBy(app, async () => vscode.commands.executeCommand('hotdev.reloadNow'));
    assert.equal(reload.outcome, 'swapped');
    assert.ok((await state(app, 'running')).rev > rev);
    assert.equal(api().status.shown.pending, undefined);
    await answer.catch(() => undefined); // the old version may end before it answers
    assert.equal(vscode.debug.activeDebugSession?.id, session.id);
    const next = await stopIn('/api/hello');
    await goOn(next.threadId);
    assert.match((await next.answer).text, /late /);
  });

  test('the session is told of builds that fail', async () => {
    await reloadBy(app, () => edit(handler, 'greeting + ', 'greting + '));
    const event = await until('the event', () => events.find((e) => e.event === 'hotdev/buildFailed'), () => events.map((e) => e.event));
    assert.equal((event.body as { outcome: string }).outcome, 'buildFailed');
    await reloadBy(app, () => edit(handler, 'greting + ', 'greeting + '));
    await hasProblems(handler, 0);
  });

  test('a breakpoint whose place is gone is unverified and says why', async () => {
    // An open editor would move the breakpoint to a line that is left.
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const breakpoint = await setBreakpoint('"waited": wait.String()');
    await verified(breakpoint);
    const whole = await readFile(handler.fsPath, 'utf8');
    const without = whole
      .replace(/\/\/ slow answers(?:.*\n)+?}\n\n/m, '')
      .replace('\tg.GET("/slow", slow)\n', '')
      .replace('\t"time"\n', '');
    assert.equal((await reloadBy(app, () => writeFile(handler.fsPath, without))).outcome, 'swapped');
    const lost = await until('the lost breakpoint', async () => {
      const found = (await session.getDebugProtocolBreakpoint(breakpoint)) as DebugProtocol.Breakpoint | undefined;
      return found?.verified === false ? found : undefined;
    });
    assert.notEqual(lost.message ?? '', '');
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    assert.equal((await reloadBy(app, () => writeFile(handler.fsPath, whole))).outcome, 'swapped');
  });

  test('the restart button of the editor reloads, and keeps the session', async () => {
    const { running: before } = await running(app);
    await vscode.commands.executeCommand('workbench.action.debug.restart');
    await until('another process', () => app.status?.state === 'running' && app.status.running?.pid !== before?.pid, () => app.status);
    assert.equal(vscode.debug.activeDebugSession?.id, session.id);
  });

  test('the end of the session leaves the app alone', async () => {
    const { running: before } = await running(app);
    await vscode.debug.stopDebugging(session);
    await until('no client', () => app.status?.debug.clients === 0, () => app.status?.debug);
    assert.equal(app.status?.running?.pid, before?.pid);
    assert.equal((await get(app, '/api/hello')).status, 200);
  });

  test('a first start with arguments stops in init', async () => {
    const echo = api().apps.list.find((found) => found.name === 'echo') as App;
    await vscode.commands.executeCommand('hotdev.restartServer', echo.root);
    await until('a daemon that has started nothing', () => echo.link.kind === 'up' && echo.status?.state === 'idle', () => [echo.link, echo.status?.state]);
    const main = file(echo, 'main.go');
    const line = await lineOf(main, 'greeting = ');
    vscode.debug.addBreakpoints([new vscode.SourceBreakpoint(new vscode.Location(main, new vscode.Position(line, 0)))]);
    const before = stops();
    const greetings = () => echo.output.filter((entry) => entry.text.startsWith('ready for')).length; // of its earlier lives, too
    const greeted = greetings();
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(await vscode.debug.startDebugging(folder, { type: 'hotdev', request: 'launch', name: 'Echo', app: echo.root, args: ['tea', 'for', 'two'] }));
    session = await until('the session', () => vscode.debug.activeDebugSession);
    const stopped = await until('the stop', () => stops() > before && events.findLast((event) => event.event === 'stopped'), () => [echo.status?.state, echo.status?.debug]);
    const { threadId } = stopped.body as DebugProtocol.StoppedEvent['body'];
    const { stackFrames } = (await session.customRequest('stackTrace', { threadId, startFrame: 0, levels: 1 })) as DebugProtocol.StackTraceResponse['body'];
    assert.match(stackFrames[0]?.name ?? '', /^main\.init/);
    assert.equal(stackFrames[0]?.line, line + 1);
    assert.equal(greetings(), greeted);
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    await goOn(threadId);
    await until('the greeting', () => echo.output.some((entry) => entry.text === 'ready for tea for two'), () => echo.output.map((entry) => entry.text));
    await vscode.debug.stopDebugging(session);
    await vscode.commands.executeCommand('hotdev.stop', echo.root);
    await state(echo, 'stopped');
    await vscode.commands.executeCommand('hotdev.selectApp', app.root);
  });
});
