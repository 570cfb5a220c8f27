// Faults of the embedded log. Each message says in sentences for an operator what is wrong, where, and what to do;
// each class says what was left as it was.

/** What was acknowledged can no longer be shown to be there. Opening refuses and leaves every byte as it was found. */
export class DataDamaged extends Error {
  override readonly name = 'DataDamaged';
  constructor(
    /** The damaged file. */
    readonly file: string,
    /** Position, page or byte offset. */
    readonly place: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(
      `${file} is damaged at ${place}: ${what}. Nothing was opened or changed. ` +
        'Keep a copy of the whole data directory, then restore it from a backup; check the disk before it is used again.',
      options,
    );
  }
}

/** Writing has failed, so what the disk holds is unknown: nothing more is written until a restart has recovered. */
export class StoreFailed extends Error {
  override readonly name = 'StoreFailed';
  constructor(path: string, cause: unknown) {
    super(
      `Writing to ${path} failed (${cause instanceof Error ? cause.message : String(cause)}). Nothing more is written or acknowledged: ` +
        'free or repair the disk, then restart; recovery keeps everything that was acknowledged.',
      { cause },
    );
  }
}

/** There is no such directory and none can be made. */
export class DataDirectoryUnusable extends Error {
  override readonly name = 'DataDirectoryUnusable';
  constructor(directory: string, cause: NodeJS.ErrnoException) {
    const isFile = cause.code === 'EEXIST' || cause.code === 'ENOTDIR';
    super(`The data directory ${directory} cannot be made: ${isFile ? 'there is a file in its place' : cause.message}. Set ORDERTRAIL_DATA to a directory that this user may write to.`, { cause });
  }
}

/** Another process owns the data directory. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
  constructor(
    readonly directory: string,
    readonly pid: number | undefined,
    readonly url: string | undefined,
  ) {
    super(
      `The data directory ${directory} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}${url === undefined ? '' : ` (${url})`}. ` +
        `Stop that process${url === undefined ? '' : ', talk to it at its address'}, or choose another directory.`,
    );
  }
}
