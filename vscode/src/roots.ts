/** Which directories of a workspace are apps for hotdev. */

import * as path from 'node:path';

/** The files that mark a directory as the root of what a hotdev daemon serves. */
export const markers = ['hotdev.toml', 'go.work', 'go.mod'] as const;

/** A directory that hotdev can serve. */
export interface Root {
  readonly dir: string;
  /** Served as soon as the workspace is open; others wait until they are needed. */
  readonly eager: boolean;
}

/**
 * Finds the apps of a workspace from the marker files in it. A module below a
 * go.work is part of the app there, unless it has a hotdev.toml. Eager are the
 * apps with a hotdev.toml and those that are a workspace folder of their own;
 * with neither, the only one.
 */
export function appRoots(files: readonly string[], folders: readonly string[]): Root[] {
  const marked = new Map<string, Set<string>>();
  for (const file of files) {
    const dir = path.dirname(file);
    marked.set(dir, (marked.get(dir) ?? new Set()).add(path.basename(file)));
  }
  const workspaces = [...marked].filter(([, names]) => names.has('go.work')).map(([dir]) => dir);
  const roots: Root[] = [];
  for (const [dir, names] of marked) {
    const configured = names.has('hotdev.toml');
    if (!configured && workspaces.some((w) => w !== dir && contains(w, dir))) continue;
    roots.push({ dir, eager: configured || folders.includes(dir) });
  }
  const [only, ...others] = roots;
  if (only !== undefined && others.length === 0) return [{ ...only, eager: true }];
  return roots.sort((a, b) => Number(b.eager) - Number(a.eager) || depth(a.dir) - depth(b.dir) || a.dir.localeCompare(b.dir));
}

/** The innermost of the directories that a file is in. */
export function innermost<T>(file: string, roots: readonly T[], dirOf: (root: T) => string): T | undefined {
  return roots
    .filter((root) => contains(dirOf(root), file))
    .sort((a, b) => dirOf(b).length - dirOf(a).length)[0];
}

/** Tells whether a file is in a directory or is the directory. */
export function contains(dir: string, file: string): boolean {
  const relative = path.relative(dir, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function depth(dir: string): number {
  return dir.split(path.sep).length;
}
