// The SOP library as versions: each publication is a whole, and a case stays with the version under which it was raised.
// The same library published again is no new version.
import { type Command, type Decider, reject, type Rejection } from '@app/kernel';
import { sameValue } from '../order/movement';
import { DEFAULT_SOPS } from './sop.defaults';
import { type Sop, SOP_EVENT_TYPES, type SopLibraryPublished, type SopLibraryVersion } from './sop.events';

export interface PublishSopLibrary extends Command<'PublishSopLibrary'> {
  sops: readonly Sop[];
}

/** Every version, oldest first. */
interface LibraryState {
  versions: readonly SopLibraryVersion[];
}

export const sopDecider: Decider<PublishSopLibrary, SopLibraryPublished, LibraryState> = {
  category: 'sop',
  eventTypes: SOP_EVENT_TYPES,
  initial: { versions: [] },
  decide({ actor, at, sops }, { versions }): readonly SopLibraryPublished[] | Rejection<'SopLibraryInvalid'> {
    if (sameValue(sops, versions.at(-1)?.sops)) return [];
    const problems = problemsOf(sops);
    if (problems.length > 0) return reject('SopLibraryInvalid', `This SOP library cannot be used: ${problems.join('; ')}.`, { problems });
    return [{ type: 'SopLibraryPublished', occurredAt: at, data: { version: versions.length + 1, publishedAt: at, publishedBy: actor.id, sops: [...sops] } }];
  },
  evolve: (state, event) => ({ versions: [...state.versions, event.data] }),
};

/** The first publication on an empty stream: what ships with the product. */
export function publishShippedSops(command: Omit<PublishSopLibrary, 'type' | 'sops'>): PublishSopLibrary {
  return { ...command, type: 'PublishSopLibrary', sops: DEFAULT_SOPS };
}

function problemsOf(sops: readonly Sop[]): string[] {
  const ids = sops.map(({ sopId }) => sopId);
  return sops.flatMap(({ sopId, steps, title, ownerRole, resolveWithinSeconds }, place) => [
    ...(ids.indexOf(sopId) < place ? [`${sopId} stands in it twice`] : []),
    ...(title.trim() === '' || ownerRole.trim() === '' || steps.length === 0 ? [`${sopId} needs a title, an owner role and steps`] : []),
    ...(resolveWithinSeconds > 0 ? [] : [`${sopId} needs a time to resolve it within`]),
  ]);
}
