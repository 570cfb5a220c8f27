// What late-api.ts loads, under the alias that only an import knows.
// Imported anywhere it would be loaded at once.
export { createApp } from '@app/api';
