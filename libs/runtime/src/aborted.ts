// Waits for signals as one waits for anything else.
// Aborting is how readers of the log are woken and told to end.
/** Resolves once one of them is aborted. */
export function aborted(signals: AbortSignal[]): Promise<void> {
  const any = AbortSignal.any(signals);
  return new Promise((resolve) => {
    if (any.aborted) resolve();
    else any.addEventListener('abort', () => resolve(), { once: true });
  });
}
