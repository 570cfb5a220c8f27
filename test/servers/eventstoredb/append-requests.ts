// How many appends a server was asked for, by the connection names of the clients: each request counts when it comes, whatever its answer.
// Tells of a client what the log cannot: that it has sent nothing, not even what would have been refused.

/** Of one connection name, since the server began. */
interface Asked {
  /** Over the call that many appends share. */
  batch: number;
  /** Each by a call of its own, as clients do that pass credentials. */
  v1: number;
}

/** By connection name; a client that has sent none is not in it. */
export type AppendCounts = Readonly<Record<string, Readonly<Asked>>>;

export class AppendRequests {
  private readonly asked = new Map<string, Asked>();

  count(connection: string, way: keyof Asked): void {
    const counts = this.asked.get(connection) ?? { batch: 0, v1: 0 };
    this.asked.set(connection, counts);
    counts[way] += 1;
  }

  /** As of now. */
  counts(): AppendCounts {
    return Object.fromEntries([...this.asked].map(([connection, counts]) => [connection, { ...counts }]));
  }
}
