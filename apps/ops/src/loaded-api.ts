// What is loaded late, see the-api.ts.
// Nothing else may import this.
export { createApp } from '@app/api';
