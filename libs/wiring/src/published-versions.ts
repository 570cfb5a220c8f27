// Versions of something that is published whole, one event each: read from their stream, never from a projection, so that a command
// that begins after a publication was acknowledged sees it. Many commands share a read, and only what is new is read.
import { type EventStore, OneLookForMany } from '@app/runtime';

export class PublishedVersions<Version extends { version: number }> {
  private versions: readonly Version[] = [];
  private readonly shared = new OneLookForMany(() => this.read());
  private readonly lookedUp = new WeakMap<object, Promise<readonly Version[]>>();

  constructor(
    private readonly store: Pick<EventStore, 'read'>,
    private readonly stream: string,
  ) {}

  /** Every version, oldest first. What was looked up for one command is good for all that are decided `together`. */
  look(together?: object): Promise<readonly Version[]> {
    if (together === undefined) return this.shared.look();
    let looked = this.lookedUp.get(together);
    if (looked === undefined) this.lookedUp.set(together, (looked = this.shared.look()));
    return looked;
  }

  private async read(): Promise<readonly Version[]> {
    const newer = await this.store.read(this.stream, this.versions.length);
    const fresh = newer.map((event) => event.data as Version).filter(({ version }) => version > this.versions.length);
    if (fresh.length > 0) this.versions = [...this.versions, ...fresh];
    return this.versions;
  }
}
