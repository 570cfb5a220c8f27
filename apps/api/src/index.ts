export { type App, createApp } from './create-app';
export { createWorkerApp } from './create-worker-app';
export { refuseArguments } from './no-arguments';
