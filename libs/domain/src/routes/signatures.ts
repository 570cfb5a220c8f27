// Whether the steps of a rule find people enough, one step after the other: nobody signs twice in one approval.
// An earlier step may be signed by whichever of its people leaves enough to the later ones. Pure: who may sign is given.
import type { Person } from '../staff/person';

/** That of one holder of the role of a step. */
interface Signature {
  holder: Person;
  /** Of all holders who may be asked at the step. */
  ofStep: readonly Signature[];
}

/** Everybody who could sign for a holder, in the order in which they would be asked. */
type SignersOf = (holder: Person) => Iterable<string>;

export class RuleSignatures {
  private readonly signing = new Map<string, Signature>();
  private readonly given = new Set<Signature>();

  constructor(private readonly signersOf: SignersOf) {}

  /** For the next step. Null: so many of the holders' signatures can be given; else the first holder for whom nobody is left. */
  give(holders: readonly Person[], needed: number): Person | null {
    const ofStep: Signature[] = [];
    for (const holder of holders) ofStep.push({ holder, ofStep });
    let missing = needed;
    for (const signature of ofStep) {
      // Those of this step that were asked for in vain, or are still to be, are no replacement for one another.
      if (missing > 0 && this.find(signature, new Set(ofStep.filter((other) => other !== signature && !this.given.has(other))))) missing -= 1;
    }
    return missing === 0 ? null : (ofStep.find((signature) => !this.given.has(signature))?.holder ?? null);
  }

  /** Whoever signs already may be spared where others can sign in their place. `asked`: everybody, and every signature, once. */
  private find(signature: Signature, asked: Set<string | Signature>): boolean {
    if (asked.has(signature)) return false;
    asked.add(signature);
    for (const signer of this.signersOf(signature.holder)) {
      if (asked.has(signer)) continue;
      asked.add(signer);
      const before = this.signing.get(signer);
      if (before !== undefined && !this.spare(before, asked)) continue;
      this.signing.set(signer, signature);
      this.given.add(signature);
      return true;
    }
    return false;
  }

  /** Somebody else gives the signature, or another holder's is given at the step. */
  private spare(signature: Signature, asked: Set<string | Signature>): boolean {
    if (this.find(signature, asked)) return true;
    const isReplaced = signature.ofStep.some((other) => !this.given.has(other) && this.find(other, asked));
    if (isReplaced) this.given.delete(signature);
    return isReplaced;
  }
}
