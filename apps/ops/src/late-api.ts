// The API, loaded by the first call: most commands serve nothing, and loading it takes longer than they do.
// `require` knows no alias of another part, so that what is loaded late has a file of its own here.

export type { App } from '@app/api';

/** As `createApp` of the API. */
export function createApp(...args: Parameters<typeof import('@app/api').createApp>): ReturnType<typeof import('@app/api').createApp> {
  const api = require('./loaded-api') as typeof import('./loaded-api');
  return api.createApp(...args);
}
