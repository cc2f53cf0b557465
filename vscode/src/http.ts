/** Requests to the app, and their responses as documents. */

import { duration } from './phrases.js';

/** Longer responses are cut for being shown; in bytes. */
const maxBody = 1 << 20;

export interface Request {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
}

export interface Response {
  readonly status: string; // code and reason
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly truncated: boolean;
  readonly took: number; // ms to the end of the body
}

/** Tells whether requests of the method carry a body. */
export function hasBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

// Gin's parameters: `:name` up to the next slash, `*name` to the end.
const parameter = /(?<=\/)[:*]\w+/;

/** Where in a path its first open parameter is. */
export function parameterIn(path: string): { start: number; end: number } | undefined {
  const match = parameter.exec(path);
  return match === null ? undefined : { start: match.index, end: match.index + match[0].length };
}

/** Says which parameter of the route a path has left open; undefined if it is complete. */
export function openParameter(route: string, path: string): string | undefined {
  if (!path.startsWith('/')) return 'A path begins with /.';
  const names = route.split('/').filter((part) => /^[:*]/.test(part));
  const open = names.find((name) => path.split(/[/?]/).includes(name));
  return open === undefined ? undefined : `Replace ${open} by a value.`;
}

/** Sends a request. Redirects are not followed: they are what the route answers. */
export async function send(request: Request, signal: AbortSignal): Promise<Response> {
  const began = performance.now();
  const { method, url, body } = request;
  const isJSON = body !== undefined && /^\s*[[{]/.test(body);
  const response = await fetch(url, {
    method,
    signal,
    redirect: 'manual',
    ...(body === undefined ? {} : { body, headers: { 'content-type': isJSON ? 'application/json' : 'text/plain' } }),
  });
  const { text, truncated } = await readBody(response.body, signal);
  return {
    status: `${response.status} ${response.statusText}`.trimEnd(),
    headers: [...response.headers],
    body: text,
    truncated,
    took: performance.now() - began,
  };
}

/** Reads a body up to the longest that is shown; a stream without end stops there or with the signal. */
async function readBody(stream: ReadableStream<Uint8Array> | null, signal: AbortSignal): Promise<{ text: string; truncated: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  try {
    for await (const chunk of stream ?? []) {
      text += decoder.decode(chunk, { stream: true });
      size += chunk.length;
      if (size >= maxBody) return { text, truncated: true };
    }
  } catch (err) {
    if (!signal.aborted || size === 0) throw err;
    return { text, truncated: true };
  }
  return { text: text + decoder.decode(), truncated: false };
}

/** A response as a document: the head as comments where the body's language has some. */
export function responseDocument(title: string, response: Response): { name: string; language: string; content: string } {
  const head = [`${title} → ${response.status} · ${duration(response.took)}`, ...response.headers.map(([name, value]) => `${name}: ${value}`)];
  if (response.truncated) head.push('(cut off here)');
  const type = response.headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const name = `${title.replaceAll('/', '∕')} ${response.status.slice(0, 3)}`;
  if (/\bjson\b/.test(type)) {
    return { name: `${name}.jsonc`, language: 'jsonc', content: `${head.map((line) => `// ${line}`).join('\n')}\n${pretty(response.body)}\n` };
  }
  if (/\bhtml\b/.test(type)) {
    return { name: `${name}.html`, language: 'html', content: `<!--\n${head.join('\n').replaceAll('--', '- -')}\n-->\n${response.body}` };
  }
  return { name: `${name}.txt`, language: 'plaintext', content: `${head.join('\n')}\n\n${response.body}` };
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json; // not JSON after all, or cut off
  }
}
