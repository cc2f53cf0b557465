/** What the extension lets others, and its tests, look at. */

import type { Apps } from './apps.js';
import type { StatusItems } from './status.js';

export interface Api {
  readonly apps: Apps;
  readonly status: StatusItems;
}
