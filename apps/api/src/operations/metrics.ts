// What Prometheus may ask: appends, conflicts, projections, intake outcomes, latencies, event loop.
// None waits for a store: figures that a store has not told in time are those it told last, or left out.
// Labels come from closed lists, never from a request, so that no sender can grow the memory of whoever scrapes.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const LATENCY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface ProjectionFigures {
  name: string;
  lag: number;
  eventsPerSecond: number | null;
  parked: number;
}

/** So long a scrape waits for a store. */
const LOOK_MS_MAX = 500;

/** What was looked up last. Looks are never two at a time, however many ask while a store does not answer. */
class LastLook<T> {
  private found: T | undefined;
  private underWay: Promise<boolean> | undefined;

  constructor(private readonly look: () => Promise<T>) {}

  /** `isCurrent`: looked up for this call. */
  async take(): Promise<{ found: T | undefined; isCurrent: boolean }> {
    this.underWay ??= this.lookAnew().finally(() => (this.underWay = undefined));
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, LOOK_MS_MAX, false).unref());
    const isCurrent = await Promise.race([this.underWay, late]);
    return { found: this.found, isCurrent };
  }

  private async lookAnew(): Promise<boolean> {
    try {
      this.found = await this.look();
      return true;
    } catch {
      return false;
    }
  }
}

export class Metrics {
  readonly registry = new Registry();
  private readonly requests: Histogram<'route' | 'status'>;
  private readonly intakeItems: Counter<'topic' | 'outcome'>;

  constructor(projections: () => Promise<readonly ProjectionFigures[]>, log: () => LogFigures) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, prefix: 'ordertrail_' });
    this.requests = new Histogram({ name: 'ordertrail_http_request_seconds', help: 'Time to answer a request', labelNames: ['route', 'status'], buckets: LATENCY_BUCKETS_SECONDS, registers });
    this.intakeItems = new Counter({ name: 'ordertrail_intake_items_total', help: 'Items taken, by topic and outcome', labelNames: ['topic', 'outcome'], registers });
    const cumulative = (name: string, help: string, read: (figures: LogFigures) => number): Counter =>
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read(log()));
        },
      });
    cumulative('ordertrail_appends_total', 'Batches appended to the log since the start', (figures) => figures.appends);
    cumulative('ordertrail_appended_events_total', 'Events appended to the log since the start', (figures) => figures.events);
    cumulative('ordertrail_append_conflicts_total', 'Appends refused because the stream had moved on', (figures) => figures.conflicts);
    const failed = new Gauge({
      name: 'ordertrail_store_failed',
      help: '1 when writing to the log has failed and nothing more is taken until a restart, else 0',
      registers: [],
      collect() {
        this.set(log().failed ? 1 : 0);
      },
    });
    this.registry.registerMetric(failed);
    const looks = new LastLook(projections);
    const current = new Gauge({
      name: 'ordertrail_projection_figures_current',
      help: '1 when the figures of projections are of this moment; 0 when a store does not answer and they are those of the last look, or left out where there was none',
      registers: [],
      async collect() {
        this.set((await looks.take()).isCurrent ? 1 : 0);
      },
    });
    this.registry.registerMetric(current);
    const perProjection = (name: string, help: string, read: (figures: ProjectionFigures) => number): Gauge<'projection'> =>
      new Gauge({
        name,
        help,
        labelNames: ['projection'],
        registers,
        async collect() {
          const { found = [] } = await looks.take();
          this.reset();
          for (const figures of found) this.set({ projection: figures.name }, read(figures));
        },
      });
    perProjection('ordertrail_projection_lag_events', 'Events that the projection has not seen yet', ({ lag }) => lag);
    perProjection('ordertrail_projection_events_per_second', 'Events folded in the last second', ({ eventsPerSecond }) => eventsPerSecond ?? 0);
    perProjection('ordertrail_projection_parked_events', 'Events that could not be folded and wait', ({ parked }) => parked);
  }

  answered(route: string, statusCode: number, milliseconds: number): void {
    this.requests.observe({ route, status: `${Math.floor(statusCode / 100)}xx` }, milliseconds / 1000);
  }

  taken(topic: string, outcome: string, count = 1): void {
    if (count > 0) this.intakeItems.inc({ topic, outcome }, count);
  }
}

/** Counted by the log since it was opened. */
interface LogFigures {
  appends: number;
  events: number;
  conflicts: number;
  failed: boolean;
}
