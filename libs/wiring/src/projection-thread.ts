// The thread of the projections: reads the log, writes the rows, and does what it is called for.
// Holds no lock and appends nothing: the owner of the directory is the process that started it.
import { parentPort, workerData } from 'node:worker_threads';
import { EmbeddedEventReader } from '@app/event-store';
import { EmbeddedReadModels } from '@app/read-models';
import { BroadcastSignals, ProjectionRunner, type RebuildRequest, SystemClock } from '@app/runtime';
import { createLogger } from './logger';
import type { Config } from './config';
import { readModelsPath } from './data-files';
import type { ProjectionControl, ProjectionThreadData } from './projection-control';
import { PROJECTIONS } from './registry';
import { serveCalls } from './thread-calls';

class ProjectionThread implements ProjectionControl {
  private readonly signals: BroadcastSignals;
  private readonly log: EmbeddedEventReader;
  private readonly store: EmbeddedReadModels;
  private readonly runner: ProjectionRunner;
  private readonly started: Promise<void>;

  constructor({ dataDirectory, channel, logLevel }: ProjectionThreadData) {
    const clock = new SystemClock();
    this.signals = new BroadcastSignals(channel);
    this.log = EmbeddedEventReader.open(dataDirectory, { signals: this.signals, clock });
    this.store = EmbeddedReadModels.open(readModelsPath(dataDirectory));
    const logger = createLogger(logLevel as Config['logLevel']);
    this.runner = new ProjectionRunner({ log: this.log, store: this.store, signals: this.signals, clock, projections: PROJECTIONS, logger });
    this.started = this.runner.start();
  }

  ready(): Promise<void> {
    return this.started;
  }
  rebuild(names: readonly string[], request: RebuildRequest): ReturnType<ProjectionControl['rebuild']> {
    return this.runner.rebuild(names, request);
  }
  verify(name: string): ReturnType<ProjectionControl['verify']> {
    return this.runner.verify(name);
  }
  retry(name: string, key: string): Promise<{ resumed: number }> {
    return this.runner.retry(name, key);
  }
  async stop(): Promise<void> {
    await this.runner.stop();
    await this.store.close();
    await this.log.close();
    this.signals.close();
  }
}

serveCalls(parentPort!, new ProjectionThread(workerData as ProjectionThreadData));
