// What runners tell the log of their process: fields and one sentence.
// A warning is what passes by itself or waits for somebody; an error is a fault of the machinery.

export interface RunnerLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
