// The API, loaded only by a command that serves it: loading takes longer than most commands do.
// Whoever needs it calls here, in the moment of need.

/** As `createApp` of the API. */
export function createApp(...args: Parameters<typeof import('@app/api').createApp>): ReturnType<typeof import('@app/api').createApp> {
  const api = require('./served-api') as typeof import('./served-api');
  return api.createApp(...args);
}
