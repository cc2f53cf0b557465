/**
 * Descriptions of JSON values, from which both the TypeScript types of the
 * protocol and the functions that decode it are made.
 */

/** A description of a JSON value of type T. */
export interface Shape<T> {
  /**
   * Decodes a value. As the protocol leaves out zero values, undefined is one.
   * `at` names the value in errors.
   *
   * @throws {ShapeError} if the value is of another type.
   */
  decode(value: unknown, at?: string): T;
}

/** The description of an object, whose members can be looked at. */
export interface ObjectShape<M extends Members> extends Shape<Decoded<M>> {
  readonly members: M;
}

type Members = Readonly<Record<string, Shape<unknown>>>;

/** The TypeScript type of what a shape describes. */
export type Infer<S> = S extends Shape<infer T> ? T : never;

type MayBeAbsent<M extends Members> = { [K in keyof M]: undefined extends Infer<M[K]> ? K : never }[keyof M];
type Decoded<M extends Members> = {
  readonly [K in Exclude<keyof M, MayBeAbsent<M>>]: Infer<M[K]>;
} & { readonly [K in MayBeAbsent<M>]?: Exclude<Infer<M[K]>, undefined> };

/** Says which part of a message is not what the protocol says. */
export class ShapeError extends Error {
  constructor(at: string, wanted: string, value: unknown) {
    super(`${at || 'the message'} is ${describe(value)} instead of ${wanted}`);
    this.name = 'ShapeError';
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}

function primitive<T>(type: string, zero: T): Shape<T> {
  return {
    decode(value, at = '') {
      if (value === undefined) return zero;
      if (typeof value !== type) throw new ShapeError(at, `a ${type}`, value);
      return value as T;
    },
  };
}

export const text = primitive('string', '');
export const number = primitive('number', 0);
export const flag = primitive('boolean', false);

/**
 * One of the given words. A newer daemon may say others, which are let through,
 * so that code that branches on words needs a default.
 */
export function word<W extends string>(...words: readonly W[]): Shape<W | (string & {})> & { readonly words: readonly W[] } {
  return { ...text, words };
}

/** A list; absent and null are empty ones. */
export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return {
    decode(value, at = '') {
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value)) throw new ShapeError(at, 'an array', value);
      return value.map((v, i) => item.decode(v, `${at}[${i}]`));
    },
  };
}

/** A member that is undefined where it is absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> & { readonly optional: true } {
  return {
    optional: true,
    decode: (value, at) => (value === undefined || value === null ? undefined : shape.decode(value, at)),
  };
}

/** An object with the given members. Others are dropped. */
export function object<M extends Members>(members: M): ObjectShape<M> {
  return {
    members,
    decode(value, at = '') {
      const given = value === undefined ? {} : value;
      if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new ShapeError(at, 'an object', value);
      const decoded: Record<string, unknown> = {};
      for (const [name, shape] of Object.entries(members)) {
        const member = shape.decode((given as Record<string, unknown>)[name], at ? `${at}.${name}` : name);
        if (member !== undefined) decoded[name] = member;
      }
      return decoded as Decoded<M>;
    },
  };
}
