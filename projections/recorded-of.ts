// An event of the log seen as one of a vocabulary, so that `type` tells what `data` holds.
// The projections' `reads` keeps other types away; a fold may rely on it.
import type { DomainEvent, Recorded } from '@app/kernel';

export type RecordedOf<E extends DomainEvent> = E extends DomainEvent<infer Type, infer Data> ? Omit<Recorded<Data>, 'type'> & { type: Type } : never;
